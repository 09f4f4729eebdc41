package demo

import (
	"embed"
	"encoding/json"
)

// data holds the tables of what Contoso is made of, and the texts that Microsoft writes into its log.
//
//go:embed data
var data embed.FS

// table returns the rows of a file in the folder data.
func table[T any](name string) (rows T) {
	text, err := data.ReadFile("data/" + name + ".json")
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	if err != nil {
		panic("demo: " + name + ": " + err.Error()) // impossible: the file is compiled in
	}
	return rows
}
