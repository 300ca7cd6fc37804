//! CPU work beside the runtime: as many jobs at once as there are cores, each isolated.
//!
//! A panic costs its own item only. An item that was claimed several times already may be what brought a process down,
//! so it runs alone: whatever it does, it takes no healthy neighbour with it.

use std::sync::Arc;

use tokio::sync::{RwLock, Semaphore};

/// Runs parsing, cleaning and extraction.
#[derive(Clone)]
pub struct Workers {
    slots: Arc<Semaphore>,
    company: Arc<RwLock<()>>,
}

/// How an item is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Beside others.
    Shared,
    /// With nothing else running.
    Alone,
}

/// The job panicked; the text is the panic's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the work on this item panicked: {0}")]
pub struct Panicked(pub String);

impl Workers {
    /// As many jobs at once as `slots`, at least one.
    pub fn new(slots: usize) -> Self {
        Self { slots: Arc::new(Semaphore::new(slots.max(1))), company: Arc::default() }
    }

    /// Waits for a slot and runs `job` on it.
    pub async fn run<T: Send + 'static>(
        &self,
        company: Company,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let slot =
            self.slots.clone().acquire_owned().await.map_err(|_| Panicked("the workers are closed".to_owned()))?;
        let shared = match company {
            Company::Shared => Some(self.company.clone().read_owned().await),
            Company::Alone => None,
        };
        let alone = match company {
            Company::Alone => Some(self.company.clone().write_owned().await),
            Company::Shared => None,
        };
        let done = tokio::task::spawn_blocking(move || {
            let done = job();
            drop((slot, shared, alone));
            done
        });
        done.await.map_err(|stopped| Panicked(reason(stopped)))
    }
}

fn reason(stopped: tokio::task::JoinError) -> String {
    match stopped.try_into_panic() {
        Ok(panic) => match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (None, Some(text)) => text.clone(),
            (None, None) => "no message".to_owned(),
        },
        Err(_) => "cancelled".to_owned(),
    }
}
