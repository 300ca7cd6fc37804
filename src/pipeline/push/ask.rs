//! One request to a hub: subscribe, renew, or leave.

use std::time::Duration;

use tokio::time::timeout;
use url::Url;

use super::super::Shared;
use super::shown;
use crate::fetch::{FetchError, Posted};
use crate::push::lease::{self, Answer};
use crate::store::ClaimedSubscription;

/// The longest a hub's turn and its answer are waited for; below the time for which the subscription is ours to ask.
const ASKING_MAX: Duration = Duration::from_mins(2);

/// Asks, and notes the answer.
pub async fn ask(shared: &Shared, base: &Url, subscription: ClaimedSubscription) {
    let ClaimedSubscription { token, hub, topic, secret, leaving, asked } = subscription;
    let callback = token.callback(base);
    let seconds = shared.config.push.lease.as_secs().to_string();
    let mut form = vec![
        ("hub.mode", if leaving { "unsubscribe" } else { "subscribe" }),
        ("hub.topic", topic.as_str()),
        ("hub.callback", callback.as_str()),
    ];
    if !leaving {
        form.push(("hub.lease_seconds", &seconds));
        form.extend(secret.as_deref().map(|secret| ("hub.secret", secret)));
    }
    let posted = match Url::parse(&hub) {
        Ok(url) => timeout(ASKING_MAX, shared.fetcher.post_form(url, &form)).await,
        Err(error) => Ok(Err(FetchError::Protocol(format!("the hub's address is none: {error}")))),
    };
    let (answer, detail) = match posted.unwrap_or(Err(FetchError::Timeout("the hub's turn did not come in time"))) {
        Ok(posted) => judged(posted),
        Err(error) => {
            let retry_after = error.retry_after();
            (Answer::Failed { retry_after }, Some(error.to_string()))
        }
    };
    shared.metrics.asked_hub(match answer {
        Answer::Accepted => "accepted",
        Answer::Refused => "refused",
        Answer::Failed { .. } => "failed",
    });
    if let Some(detail) = &detail {
        tracing::info!(hub = shown(&hub), topic = shown(&topic), leaving, detail, "a hub did not accept a request");
    }
    let noted = if leaving && answer == Answer::Accepted {
        shared.store.note_left(&token).await
    } else {
        let again = lease::ask_in(answer, asked, rand::random());
        shared.store.note_asked(&token, detail.as_deref(), again).await
    };
    if let Err(error) = noted {
        tracing::warn!(%error, "a hub's answer could not be noted; it is asked again");
    }
}

/// What an answer means: 2xx accepts (hubs of the older protocol say 204), 4xx refuses, 408 and 429 excepted.
fn judged(posted: Posted) -> (Answer, Option<String>) {
    let Posted { status, retry_after, text } = posted;
    let answer = match status {
        200..=299 => return (Answer::Accepted, None),
        408 | 429 => Answer::Failed { retry_after },
        400..=499 => Answer::Refused,
        _ => Answer::Failed { retry_after },
    };
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    (answer, Some(format!("the hub answered {status}: {text}").trim_end_matches([':', ' ']).to_owned()))
}
