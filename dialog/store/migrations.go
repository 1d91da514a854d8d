package store

import (
	"embed"

	"helpline/internal/db"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations returns the tables of this package, for [db.Migrate].
func Migrations() db.Migrations { return db.Migrations{Name: "dialog", FS: migrationFiles} }
