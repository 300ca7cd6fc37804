//! The embedded server: started, joined, left, killed and recovered.

use sqlx::Row as _;

use crate::support::database::TestDatabase;

#[tokio::test]
async fn a_test_has_a_database_of_its_own() {
    let (one, other) = (TestDatabase::new().await, TestDatabase::new().await);
    sqlx::query("create table only_here (n int)").execute(one.pool()).await.expect("creates");
    let there = sqlx::query("select to_regclass('only_here') is null").fetch_one(other.pool()).await.expect("answers");
    assert!(there.get::<bool, _>(0), "the table of one is not in the other");
    assert!(one.url().starts_with("postgres:"), "{}", one.url());
    assert_ne!(one.url(), other.url());
}
