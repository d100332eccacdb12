-- An outbox for Lull in SQL Server 2016 or newer. NOT TESTED by Lull's suites: try it before you rely on it. Explained in docs/sources.md.

-- Where ids of items are texts, make item_id and base_id nvarchar(200).
CREATE TABLE lull_outbox (
  id             bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY,
  event_type     nvarchar(200) NOT NULL,
  item_id        bigint NOT NULL,
  base_id        bigint NOT NULL,
  occurred_at    datetimeoffset(3) NOT NULL DEFAULT sysdatetimeoffset(),
  data           nvarchar(max),
  operation      nvarchar(6) CHECK (operation IN ('create', 'update', 'delete')),
  scope          nvarchar(100),
  changed_fields nvarchar(max), -- a JSON list of names, or names with commas between them
  traceparent    nvarchar(55),
  written_at     datetimeoffset(3) NOT NULL DEFAULT sysdatetimeoffset(),
  error          nvarchar(500)  -- written by Lull: why the row is no event. Set it to null when the row is corrected.
);
GO
-- What Lull's user needs: GRANT SELECT, DELETE, UPDATE ON lull_outbox TO lull;

-- A trigger tells of each changed row of its table; here the table asset with the columns id and folder_id. An item
-- without a folder is its own base. The trigger writes with the rights of those who change asset; they need none on the
-- outbox as long as both tables have the same owner (ownership chaining), else GRANT INSERT ON lull_outbox. Lull refuses
-- data beyond 64 KiB of UTF-8 and more than 200 changed fields: where they can become longer, write null instead,
-- CASE WHEN DATALENGTH(…) <= 65536 THEN … END.
CREATE TRIGGER tell_lull ON asset AFTER INSERT, UPDATE, DELETE AS
BEGIN
  SET NOCOUNT ON;
  INSERT INTO lull_outbox (event_type, item_id, base_id, operation, data)
  SELECT CASE WHEN d.id IS NULL THEN 'AssetCreated' WHEN i.id IS NULL THEN 'AssetDeleted' ELSE 'AssetMetadataUpdated' END,
         COALESCE(i.id, d.id), CASE WHEN i.id IS NULL THEN COALESCE(d.folder_id, d.id) ELSE COALESCE(i.folder_id, i.id) END,
         CASE WHEN d.id IS NULL THEN 'create' WHEN i.id IS NULL THEN 'delete' ELSE 'update' END,
         (SELECT COALESCE(i.id, d.id) AS id, CASE WHEN i.id IS NULL THEN d.folder_id ELSE i.folder_id END AS folder_id FOR JSON PATH, WITHOUT_ARRAY_WRAPPER)
  FROM inserted AS i FULL OUTER JOIN deleted AS d ON d.id = i.id;
END;
GO
