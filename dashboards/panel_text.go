package main

import "github.com/grafana/grafana-foundation-sdk/go/text"

// prose says what no number does.
func prose(title, description, markdown string) *text.PanelBuilder {
	return text.NewPanelBuilder().
		Title(title).
		Description(description).
		Mode(text.TextModeMarkdown).
		Content(markdown)
}
