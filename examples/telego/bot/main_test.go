package main

import (
	"testing"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/exampletest"
)

func TestBot(t *testing.T) { exampletest.Run(t) }
