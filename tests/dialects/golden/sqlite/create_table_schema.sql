CREATE TABLE "Sch"."Order" (
    "select" INTEGER,
    id INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY("select") REFERENCES "Order" (id)
);
CREATE INDEX "Sch"."ix_Sch_Order_select" ON "Order" ("select");
