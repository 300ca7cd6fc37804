//! After a standstill every feed is due: they start at a bounded rate, and never two at once on one host.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::{Stage, ok, place};
use crate::support::server::Step;

const HOSTS: usize = 40;
const FEEDS_A_HOST: usize = 4;
const STARTS_PER_SECOND: u32 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn overdue_feeds_start_at_a_bounded_rate_and_one_by_one_on_a_host() {
    let hosts: Vec<String> = (0..HOSTS).map(|n| format!("paper{n}.example")).collect();
    let mut stage = Stage::new("standstill", &hosts, |config| {
        config.poll.starts_per_second = STARTS_PER_SECOND;
        config.poll.concurrency = 64;
    })
    .await;
    let mut list = String::new();
    for host in &hosts {
        for n in 0..FEEDS_A_HOST {
            _ = write!(list, "[[feeds]]\nurl = \"http://{host}/{n}\"\n");
            let slow = [vec![Step::Wait(Duration::from_millis(40))], ok(&[], &["x"])].concat();
            stage.site(&format!("{host}/{n}"), slow);
        }
    }
    stage.list(&list).await;
    sqlx::query("update feeds set next_poll_at = now() - interval '3 days'")
        .execute(stage.database.pool())
        .await
        .unwrap();
    let asked = stage.round().await;
    assert_eq!(asked.len(), HOSTS * FEEDS_A_HOST);

    let starts: Vec<Instant> = asked.iter().map(|x| x.asked.at).collect();
    let took = starts.iter().max().unwrap().duration_since(*starts.iter().min().unwrap());
    // The first may have been held up on its way for a moment.
    let least = (Duration::from_secs(1) / STARTS_PER_SECOND) * u32::try_from(asked.len() - 10).unwrap();
    assert!(took >= least, "{} starts within {took:?}", asked.len());

    let mut by_host: BTreeMap<String, Vec<(Instant, Instant)>> = BTreeMap::new();
    for exchange in &asked {
        let host = place(&exchange.asked).split('/').next().unwrap().to_owned();
        by_host.entry(host).or_default().push((exchange.asked.at, exchange.finished.unwrap()));
    }
    for (host, mut requests) in by_host {
        requests.sort();
        let overlap = requests.windows(2).any(|two| two[1].0 < two[0].1);
        assert!(!overlap, "{host} was asked twice at once");
    }
}
