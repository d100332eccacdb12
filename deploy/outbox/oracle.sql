-- An outbox for Lull in Oracle 12.2 or newer. NOT TESTED by Lull's suites: try it before you rely on it. Explained in docs/sources.md.

-- Where ids of items are texts, make item_id and base_id VARCHAR2(200 CHAR). Times are texts, so that they do not depend
-- on the NLS settings of a session.
CREATE TABLE lull_outbox (
  id             NUMBER(19) GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_type     VARCHAR2(200 CHAR) NOT NULL,
  item_id        NUMBER(19) NOT NULL,
  base_id        NUMBER(19) NOT NULL,
  occurred_at    VARCHAR2(35) DEFAULT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"') NOT NULL,
  data           CLOB,
  operation      VARCHAR2(6) CHECK (operation IN ('create', 'update', 'delete')),
  scope          VARCHAR2(100 CHAR),
  changed_fields VARCHAR2(4000), -- a JSON list of names, or names with commas between them
  traceparent    VARCHAR2(55),
  written_at     VARCHAR2(35) DEFAULT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"') NOT NULL,
  error          VARCHAR2(500 CHAR) -- written by Lull: why the row is no event. Set it to null when the row is corrected.
);
-- What Lull's user needs: GRANT SELECT, DELETE, UPDATE ON lull_outbox TO lull;

-- A trigger tells of each changed row of its table; here the table asset with the columns id and folder_id. An item
-- without a folder is its own base. The trigger writes with the rights of its owner, so those who change asset need none on
-- the outbox. Lull refuses data beyond 64 KiB of UTF-8 and more than 200 changed fields: whoever fills these columns writes
-- null instead.
CREATE OR REPLACE TRIGGER tell_lull AFTER INSERT OR UPDATE OR DELETE ON asset FOR EACH ROW
BEGIN
  INSERT INTO lull_outbox (event_type, item_id, base_id, operation)
  VALUES (CASE WHEN INSERTING THEN 'AssetCreated' WHEN UPDATING THEN 'AssetMetadataUpdated' ELSE 'AssetDeleted' END,
          COALESCE(:NEW.id, :OLD.id),
          CASE WHEN DELETING THEN COALESCE(:OLD.folder_id, :OLD.id) ELSE COALESCE(:NEW.folder_id, :NEW.id) END,
          CASE WHEN INSERTING THEN 'create' WHEN UPDATING THEN 'update' ELSE 'delete' END);
END;
/
