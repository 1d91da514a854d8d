-- How many found a sheet helpful, by month. Nothing finer: the hour of a vote
-- could tell who cast it.
CREATE TABLE sheet_votes (
	slug      TEXT   NOT NULL,
	month     BIGINT NOT NULL,
	helpful   BIGINT NOT NULL,
	unhelpful BIGINT NOT NULL,
	PRIMARY KEY (slug, month)
);
