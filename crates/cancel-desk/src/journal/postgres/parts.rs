//! What the schema is made of, noted when it is made and compared at every opening: a column, rule, index or trigger
//! that somebody took out, or switched off, would be missed only when it is too late.

use std::collections::BTreeMap;

use pg_core::Invalid;
use tokio_postgres::Client;

use super::super::JournalError;

/// Each part's name with its definition, as the server tells it. What the server itself names after a number is left
/// out; a foreign key's own triggers are told with it. `NOT NULL` is the column's, whatever else the server makes of it.
const FOUND: &str = "
SELECT 'table ' || c.relname AS name, c.relpersistence::text AS definition
FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
UNION ALL
SELECT 'column ' || c.relname || '.' || a.attname,
    format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' ' || a.attidentity::text
        || ' ' || coalesce(l.collname, '') || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint ' || c.relname || '.' || r.conname, pg_get_constraintdef(r.oid) || ' '
    || coalesce((SELECT bool_and(t.tgenabled IN ('O', 'A')) FROM pg_trigger t WHERE t.tgconstraint = r.oid), true)
FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid
WHERE c.relnamespace = current_schema()::regnamespace AND r.contype <> 'n'
UNION ALL
SELECT 'index ' || c.relname, pg_get_indexdef(i.indexrelid, 0, true) || ' ' || (i.indisvalid AND i.indisready)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT 'trigger ' || c.relname || '.' || t.tgname,
    pg_get_triggerdef(t.oid, true) || ' ' || (t.tgenabled IN ('O', 'A'))
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal
UNION ALL
SELECT 'function ' || p.proname, p.prosrc
FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace";

/// Servers of different major versions may write the same definition differently: there, names alone are compared.
const MAJOR: &str = "SELECT current_setting('server_version_num')::bigint / 10000";

/// Notes every part, in the transaction that makes them.
pub(super) async fn note(client: &Client) -> Result<(), JournalError> {
    client.batch_execute(&format!("INSERT INTO part (name, definition) {FOUND}")).await?;
    client.batch_execute(&format!("UPDATE journal SET major = ({MAJOR})")).await?;
    Ok(())
}

/// Refuses a schema that lacks a part, or has another of the same name.
pub(super) async fn check(client: &Client) -> Result<(), JournalError> {
    let same_major = format!("SELECT major = ({MAJOR}) FROM journal");
    let same_major: bool = client.query_one(&same_major, &[]).await?.try_get(0)?;
    let found = all(client, FOUND).await?;
    let made = all(client, "SELECT name, definition FROM part").await?;
    if made.is_empty() {
        return Err(broken("the list of its parts".to_owned(), 0));
    }
    let mut lacks: Vec<&String> = made
        .iter()
        .filter(|(name, definition)| match found.get(*name) {
            Some(now) => same_major && now != *definition,
            None => true,
        })
        .map(|(name, _)| name)
        .collect();
    // a table that is gone says more than its columns
    lacks.sort_by_key(|name| !name.starts_with("table "));
    match lacks.split_first() {
        None => Ok(()),
        Some((first, rest)) => Err(broken((*first).clone(), rest.len())),
    }
}

fn broken(part: String, more: usize) -> JournalError {
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let rule = format!("must have {part}{more} as it was made: put it back, or restore it from a backup");
    Invalid::new("journal", rule).into()
}

async fn all(client: &Client, sql: &str) -> Result<BTreeMap<String, String>, JournalError> {
    let mut parts = BTreeMap::new();
    for row in client.query(sql, &[]).await? {
        parts.insert(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(parts)
}
