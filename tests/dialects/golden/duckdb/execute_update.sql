UPDATE t SET c='50% o''clock :no' WHERE id = 1;
