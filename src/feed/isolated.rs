//! A reader of others, isolated: where it panics there is no feed, and nobody is told of it as of a fault of ours.

use std::cell::Cell;
use std::panic::{UnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    /// Whether a panic of this thread is expected and caught.
    static ISOLATED: Cell<bool> = const { Cell::new(false) };
}

/// Calls `read`; nothing where it panics.
pub(super) fn isolated<T>(read: impl FnOnce() -> Option<T> + UnwindSafe) -> Option<T> {
    let before = ISOLATED.replace(true);
    let read = catch_unwind(read);
    ISOLATED.set(before);
    read.ok().flatten()
}

/// From now on panics that are caught here are not printed; all others are, as before. For the program, once at its
/// beginning: the hook belongs to the process, and a library has no business with it.
pub fn hush_isolated_panics() {
    let shown = take_hook();
    set_hook(Box::new(move |panic| {
        if !ISOLATED.get() {
            shown(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::{ISOLATED, isolated};

    #[test]
    fn only_what_is_isolated_is_hushed() {
        assert!(!ISOLATED.get());
        assert_eq!(isolated(|| Some(ISOLATED.get())), Some(true));
        assert_eq!(isolated(|| isolated(|| None::<u8>).or_else(|| ISOLATED.get().then_some(1))), Some(1));
        assert!(!ISOLATED.get());
    }
}
