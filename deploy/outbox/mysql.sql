-- An outbox for Lull in MySQL 8 (or MariaDB 10.6) or newer. NOT TESTED by Lull's suites: try it before you rely on it. Explained in docs/sources.md.

-- Where ids of items are texts, make item_id and base_id varchar(200).
CREATE TABLE lull_outbox (
  id             bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  event_type     varchar(200) NOT NULL,
  item_id        bigint NOT NULL,
  base_id        bigint NOT NULL,
  occurred_at    timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  data           json,
  operation      enum('create', 'update', 'delete'),
  scope          varchar(100),
  changed_fields text,         -- a JSON list of names, or names with commas between them
  traceparent    varchar(55),
  written_at     timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  error          varchar(500)  -- written by Lull: why the row is no event. Set it to null when the row is corrected.
) ENGINE = InnoDB CHARACTER SET utf8mb4;
-- What Lull's user needs: GRANT SELECT, DELETE, UPDATE ON lull_outbox TO lull;

-- MySQL has a trigger for each kind of change; here for the table asset with the columns id and folder_id. An item without
-- a folder is its own base. The triggers write with the rights of the user who creates them (their DEFINER), so those who
-- change asset need none on the outbox. Lull refuses data beyond 64 KiB and more than 200 changed fields: where they can
-- become longer, write null instead, IF(OCTET_LENGTH(…) > 65536, NULL, …).
CREATE TRIGGER tell_lull_created AFTER INSERT ON asset FOR EACH ROW
  INSERT INTO lull_outbox (event_type, item_id, base_id, operation, data)
  VALUES ('AssetCreated', NEW.id, COALESCE(NEW.folder_id, NEW.id), 'create', JSON_OBJECT('id', NEW.id, 'folder_id', NEW.folder_id));
CREATE TRIGGER tell_lull_updated AFTER UPDATE ON asset FOR EACH ROW
  INSERT INTO lull_outbox (event_type, item_id, base_id, operation, data)
  VALUES ('AssetMetadataUpdated', NEW.id, COALESCE(NEW.folder_id, NEW.id), 'update', JSON_OBJECT('id', NEW.id, 'folder_id', NEW.folder_id));
CREATE TRIGGER tell_lull_deleted AFTER DELETE ON asset FOR EACH ROW
  INSERT INTO lull_outbox (event_type, item_id, base_id, operation, data)
  VALUES ('AssetDeleted', OLD.id, COALESCE(OLD.folder_id, OLD.id), 'delete', JSON_OBJECT('id', OLD.id, 'folder_id', OLD.folder_id));
