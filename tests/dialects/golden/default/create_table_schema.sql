CREATE TABLE "Sch"."Order" (
    "select" INTEGER,
    id INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY("select") REFERENCES "Sch"."Order" (id)
);
CREATE INDEX "ix_Sch_Order_select" ON "Sch"."Order" ("select");
