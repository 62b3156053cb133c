-- Accounts of the team's database, each with no more rights than it needs. `fcm-tui database grants` prints this with the name
-- of your database in place of `fcm`; choose names, hosts and passwords, and run it as an administrator of the server,
-- after `fcm-tui database init`. Nobody but an administrator can update or delete a change, a content or a difference.

-- A recorder: inserts, and reads no more than the keys that tell it where to go on and what is there already. What changes
-- with time (a recorder's last sign of life, where a file is now, the end of a gap) it may update, its reviews take back.
-- (MariaDB wants the rights to read and to update for every column of an INSERT ... ON DUPLICATE KEY UPDATE: so such tables
-- are granted whole, and a recorder's account can read in which paths others have recorded something, but no line of it.)
CREATE USER IF NOT EXISTS 'fcm_recorder'@'%' IDENTIFIED BY 'CHANGE-ME' REQUIRE SSL;
GRANT SELECT ON `fcm`.`schema_steps` TO 'fcm_recorder'@'%';
GRANT SELECT, INSERT ON `fcm`.`sealing_keys` TO 'fcm_recorder'@'%';
GRANT SELECT (recorder_id, sequence, chain_hash), INSERT ON `fcm`.`changes` TO 'fcm_recorder'@'%';
GRANT INSERT ON `fcm`.`change_differences` TO 'fcm_recorder'@'%';
GRANT SELECT (digest), INSERT ON `fcm`.`differences` TO 'fcm_recorder'@'%';
GRANT SELECT (digest, chunk), INSERT ON `fcm`.`contents` TO 'fcm_recorder'@'%';
GRANT SELECT, INSERT, UPDATE ON `fcm`.`backup_paths` TO 'fcm_recorder'@'%';
GRANT SELECT, INSERT, UPDATE ON `fcm`.`files` TO 'fcm_recorder'@'%';
GRANT SELECT, INSERT, UPDATE ON `fcm`.`roots` TO 'fcm_recorder'@'%';
GRANT SELECT, INSERT, UPDATE ON `fcm`.`recorders` TO 'fcm_recorder'@'%';
GRANT SELECT, INSERT, UPDATE ON `fcm`.`gaps` TO 'fcm_recorder'@'%';
GRANT SELECT (recorder_id, prune), INSERT ON `fcm`.`prunes` TO 'fcm_recorder'@'%';
GRANT INSERT ON `fcm`.`thinned` TO 'fcm_recorder'@'%';
GRANT SELECT (recorder_id, bucket, block), INSERT ON `fcm`.`line_blocks` TO 'fcm_recorder'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `fcm`.`reviews` TO 'fcm_recorder'@'%';

-- A reviewer: reads everything, and inserts reviews.
CREATE USER IF NOT EXISTS 'fcm_reviewer'@'%' IDENTIFIED BY 'CHANGE-ME' REQUIRE SSL;
GRANT SELECT ON `fcm`.* TO 'fcm_reviewer'@'%';
GRANT INSERT ON `fcm`.`reviews` TO 'fcm_reviewer'@'%';
-- With this too, a reviewer can change and take back reviews, those of others among them: MySQL has no rights by row.
-- GRANT UPDATE (time_ns, verdict, note), DELETE ON `fcm`.`reviews` TO 'fcm_reviewer'@'%';
