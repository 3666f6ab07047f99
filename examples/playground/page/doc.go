// Package page is the playground's page in the browser. A [Board] holds what
// there is to see, bounded, and shows each change on every open page; [New]
// serves the page, the stream of changes, and the commands that it sends back.
//
// State flows one way: what happens goes to the board, from there as
// server-sent events to the pages, which only show it. A page that loses the
// stream connects again and starts from a fresh snapshot.
package page
