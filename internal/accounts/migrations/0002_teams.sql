-- Whose teams somebody belongs to, words that mean nothing to this package. Empty: none is named.
ALTER TABLE accounts ADD COLUMN teams TEXT NOT NULL DEFAULT '';
