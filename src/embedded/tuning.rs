//! The server's settings, by the machine and by what the data is worth.

use std::path::Path;

use super::Durability;

const MIB: u64 = 1 << 20;

/// Less than this in /dev/shm, which Docker gives 64 MB, and parallel queries would fail there.
const SHM_MIN: u64 = 256 * MIB;

/// Settings as `name=value`. `lz4` says whether this PostgreSQL was built with it.
pub(super) fn settings(durability: Durability, lz4: bool) -> Vec<String> {
    // More than 1 GB won 2 % when measured; an eighth of the machine leaves room for the daemon.
    let shared_buffers = (memory_bytes().unwrap_or(0) / 8).clamp(128 * MIB, 1024 * MIB) / MIB;
    let mut settings = vec![
        "max_wal_size=4GB".to_owned(),
        "checkpoint_timeout=15min".to_owned(),
        // Compiling costs more than it saves on queries that touch a few thousand rows.
        "jit=off".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "log_line_prefix=%m [%p] ".to_owned(),
    ];
    if lz4 {
        settings.extend(["wal_compression=lz4".to_owned(), "default_toast_compression=lz4".to_owned()]);
    }
    if shm_is_small() {
        settings.push("dynamic_shared_memory_type=mmap".to_owned());
    }
    match durability {
        Durability::Full => settings.push(format!("shared_buffers={shared_buffers}MB")),
        Durability::ForTests => settings.extend(
            [
                "shared_buffers=128MB",
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                // A process per test, a pool in each.
                "max_connections=300",
                // Hundreds of short-lived databases: their workers would only be in the way.
                "autovacuum=off",
            ]
            .map(str::to_owned),
        ),
    }
    settings
}

fn shm_is_small() -> bool {
    let small = |shm: rustix::fs::StatVfs| shm.f_blocks.saturating_mul(shm.f_frsize) < SHM_MIN;
    cfg!(target_os = "linux") && rustix::fs::statvfs(Path::new("/dev/shm")).map_or(true, small)
}

/// The machine's memory, or the container's if that is less.
fn memory_bytes() -> Option<u64> {
    let machine = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| parse_meminfo(&text))?;
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    Some(container.map_or(machine, |limit: u64| limit.min(machine)))
}

fn parse_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_linux_writes_it() {
        assert_eq!(parse_meminfo("MemTotal:       2048 kB\nMemFree: 1 kB\n"), Some(2 * MIB));
        assert_eq!(parse_meminfo("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn only_tests_give_up_durability() {
        assert!(!settings(Durability::Full, true).iter().any(|setting| setting.contains("fsync")));
        assert!(settings(Durability::ForTests, false).contains(&"fsync=off".to_owned()));
    }
}
