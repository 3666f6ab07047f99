// Package browsertest tests the playground's page in headless Chromium. It is a
// module of its own, so that nobody inherits the driver of the browser.
//
// With BB_SCREENSHOTS=dir the test also writes pictures of the page to dir.
package browsertest
