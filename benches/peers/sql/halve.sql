-- Half of the rows, as an earlier state of the source might have held them.
delete from dispatch_notification where id % 2 = 1;
delete from dispatch_task where id % 2 = 1;
delete from dispatch_file where id % 2 = 1;
delete from dispatch_record where id % 2 = 1;
