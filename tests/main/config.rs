//! The configuration as people write it.

use std::path::Path;

use wireroom::config::load::{keys, load};

fn check(text: &str, environment: &[(&str, &str)]) -> Result<wireroom::config::Loaded, Vec<String>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("config-{:x}", md5ish(text)));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("wireroom.toml");
    std::fs::write(&path, text).unwrap();
    let environment: Vec<_> = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    load(Some(&path), &environment).map_err(|problems| {
        let folder = format!("{}/", folder.display());
        problems.iter().map(|p| p.to_string().replace(&folder, "")).collect()
    })
}

fn md5ish(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn the_shipped_file_names_every_key_and_changes_nothing() {
    let shipped = include_str!("../../config/wireroom.toml");
    let loaded = check(shipped, &[]).unwrap();
    assert_eq!(format!("{:?}", loaded.config), format!("{:?}", wireroom::config::Config::default()));
    for key in keys() {
        let name = key.rsplit('.').next().unwrap();
        assert!(
            shipped.contains(&format!("# {name} = ")) || shipped.contains(&format!("# [{key}]")),
            "{key} is missing"
        );
    }
    // Uncommented, every default is read and is the default still.
    let all: String = shipped
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split(" = ").next().is_some_and(|k| !k.contains(' ')) && rest.contains(" = ") => rest,
            _ => line,
        })
        .filter(|line| {
            !["data_dir", "feeds_file", "bin_dir", "extra_ca", "workers", "\"press"].iter().any(|k| line.starts_with(k))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let loaded = check(&all, &[]).unwrap();
    assert_eq!(format!("{:?}", loaded.config), format!("{:?}", wireroom::config::Config::default()));
}

#[test]
fn all_faults_are_told_at_once_with_their_lines() {
    let faults = check(
        "data_dri = \"/x\"\n\n[fetch]\nhost_delay = 5\nbody_bytes_max = \"5 bananas\"\nallow_networks = [\"10.0.0.0/99\"]\n\
         [poll]\ninterval_min = \"2h\"\ninterval_max = \"1h\"\n",
        &[("WIREROOM__HTTP__LISTNE", "off")],
    )
    .unwrap_err();
    let has = |start: &str, part: &str| faults.iter().any(|f| f.starts_with(start) && f.contains(part));
    assert!(has("wireroom.toml:1:", "did you mean data_dir"), "{faults:?}");
    assert!(has("wireroom.toml:4:", "\"30s\""), "{faults:?}");
    assert!(has("wireroom.toml:5:", "\"5MiB\""), "{faults:?}");
    assert!(has("wireroom.toml:6:", "10.0.0.0/8"), "{faults:?}");
    assert!(has("WIREROOM__HTTP__LISTNE", "did you mean http.listen"), "{faults:?}");
    assert!(has("configuration", "interval_min"), "{faults:?}");
    assert_eq!(faults.len(), 6, "{faults:?}");
    assert!(check("[fetch\n", &[]).unwrap_err()[0].starts_with("wireroom.toml:1: this is no TOML"));
}

#[test]
fn the_environment_overrides_and_secrets_stay_secret() {
    let environment = [("WIREROOM__FETCH__HOST_DELAY", "250ms"), ("DATABASE_URL", "postgres://me:hunter2@db/x")];
    let loaded = check("[fetch]\nhost_delay = \"9s\"\n", &environment).unwrap();
    assert_eq!(loaded.config.fetch.host_delay.as_millis(), 250);
    assert!(!format!("{loaded:?}").contains("hunter2"));
}

#[test]
fn the_callback_is_a_public_base_address() {
    let url = |written: &str| {
        let loaded = check(&format!("[push]\ncallback_url = \"{written}\"\n"), &[])?;
        Ok::<_, Vec<String>>(loaded.config.push.callback_url.map(|url| url.to_string()))
    };
    assert_eq!(url("https://news.example.org/in").unwrap().as_deref(), Some("https://news.example.org/in/"));
    assert_eq!(url("off").unwrap(), None);
    for wrong in
        ["news.example.org", "ftp://news.example.org/", "https://news.example.org/?a=1", "https://me@news.example.org/"]
    {
        assert!(url(wrong).unwrap_err()[0].contains("push.callback_url"), "{wrong}");
    }
    let faults = check("[push]\nlisten = \"127.0.0.1:7171\"\nlease = \"60d\"\n", &[]).unwrap_err();
    for part in ["push.callback_url is not", "http.listen", "push.lease"] {
        assert!(faults.iter().any(|fault| fault.contains(part)), "{part}: {faults:?}");
    }
}
