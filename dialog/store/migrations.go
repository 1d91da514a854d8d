package store

import (
	"embed"

	"helpline/internal/db"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations are the tables of this package, for [db.Migrate].
var Migrations = db.Migrations{Name: "dialog", FS: migrationFiles}
