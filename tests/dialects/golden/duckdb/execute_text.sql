UPDATE t
   SET c = 'x:y 100%'
 WHERE id = 1;
