ALTER TABLE `Sch`.t RENAME TO `Sch`.new;
