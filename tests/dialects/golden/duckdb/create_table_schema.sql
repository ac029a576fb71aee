CREATE SEQUENCE IF NOT EXISTS "Sch"."Order_id_seq";
CREATE TABLE "Sch"."Order" (
    "select" INTEGER,
    id INTEGER DEFAULT nextval('"Sch"."Order_id_seq"') NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY("select") REFERENCES "Sch"."Order" (id)
);
CREATE INDEX "ix_Sch_Order_select" ON "Sch"."Order" ("select");
