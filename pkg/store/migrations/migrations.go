// Package migrations holds the statements that bring a database to the schema this program works with.
package migrations

import "embed"

// Files are the migrations, in goose's format, in the order of their numbers. Those before the first here were never released.
//
//go:embed *.sql
var Files embed.FS
