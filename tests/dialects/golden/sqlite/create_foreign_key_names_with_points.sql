-- Table a.b is rebuilt, and its rows are copied
PRAGMA legacy_alter_table = ON;
ALTER TABLE "a.b" RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE "a.b" (
	"e.f" INTEGER, 
	"i.j" INTEGER NOT NULL, 
	PRIMARY KEY ("i.j"),
	CONSTRAINT fk FOREIGN KEY("e.f") REFERENCES "c.d" ("g.h")
);
INSERT OR ABORT INTO "a.b" SELECT * FROM _nbmigrate_old;
DROP TABLE _nbmigrate_old;
PRAGMA foreign_key_check("a.b");
-- Table a.b is rebuilt, and its rows are copied
PRAGMA legacy_alter_table = ON;
ALTER TABLE "a.b" RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE "a.b" (
	"e.f" INTEGER, 
	"i.j" INTEGER NOT NULL, 
	PRIMARY KEY ("i.j"),
	CONSTRAINT fk FOREIGN KEY("e.f") REFERENCES "c.d" ("g.h"),
	CONSTRAINT fk2 FOREIGN KEY("e.f") REFERENCES "a.b" ("i.j")
);
INSERT OR ABORT INTO "a.b" SELECT * FROM _nbmigrate_old;
DROP TABLE _nbmigrate_old;
PRAGMA foreign_key_check("a.b");
