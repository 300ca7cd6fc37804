//! A page that is no article is refused, in whatever template; an article in the same template is not.

#[path = "refusals/site.rs"]
mod site;

use std::sync::LazyLock;

use url::Url;
use wireroom::article::{Hint, Rules, clean};

use site::{LANGUAGES, STYLES, Site};

static RULES: LazyLock<Rules> = LazyLock::new(Rules::builtin);

fn outcome(html: &str, address: &str) -> &'static str {
    let url = Url::parse(address).expect("an address");
    clean(html, Some(&url), &Hint::default(), &RULES).map_or_else(|error| error.kind(), |_| "article")
}

fn sites() -> impl Iterator<Item = Site> {
    (0..LANGUAGES.len()).flat_map(|language| (0..STYLES).map(move |style| Site { language, style }))
}

/// Pages of a site that are no article, with their kind.
fn other_pages(site: Site) -> Vec<(&'static str, String, &'static str)> {
    let words = site.words();
    let section = Site::pick(words.sections, 2);
    let og = |kind: &str| format!("<meta property=og:type content={kind}>");
    let ld = |kind: &str| {
        format!(
            "<script type=application/ld+json>{{\"@context\":\"https://schema.org\",\"@type\":\"{kind}\",\"name\":\"x\"}}</script>"
        )
    };
    let form = "<form><label>Email</label><input name=e><label>Password</label><input type=password></form>";
    let by_language = |texts: [&'static str; 6]| texts[site.language];
    let gone = by_language([
        "Page not found",
        "Seite nicht gefunden",
        "Page introuvable",
        "Página no encontrada",
        "Strona nie istnieje",
        "ページが見つかりません",
    ]);
    let gone_text = by_language([
        "Sorry, the page you are looking for has been moved or deleted. Try the search, or go back to the front page.",
        "Die gesuchte Seite ist leider nicht mehr vorhanden. Bitte nutzen Sie die Suche oder gehen Sie zur Startseite.",
        "La page que vous cherchez n’existe plus. Utilisez la recherche ou revenez à l’accueil du site.",
        "La página que busca ya no existe o ha cambiado de sitio. Use el buscador o vuelva a la portada.",
        "Strona, której szukasz, nie istnieje albo została przeniesiona. Skorzystaj z wyszukiwarki lub wróć na początek.",
        "お探しのページは移動または削除された可能性があります。検索するか、トップページに戻ってください。",
    ]);
    let login = by_language(["Log in", "Anmelden", "Connexion", "Iniciar sesión", "Zaloguj się", "ログイン"]);
    let login_text = by_language([
        "Log in with your email and password to read on with your account.",
        "Melden Sie sich mit E-Mail und Passwort an, um weiterzulesen.",
        "Connectez-vous avec votre adresse et votre mot de passe pour continuer.",
        "Entre con su correo y su contraseña para seguir leyendo.",
        "Zaloguj się adresem e-mail i hasłem, aby czytać dalej.",
        "メールアドレスとパスワードを入力してログインしてください。",
    ]);
    let consent = by_language([
        "We value your privacy",
        "Mit Werbung weiterlesen",
        "Votre vie privée",
        "Tu privacidad",
        "Szanujemy twoją prywatność",
        "Cookie settings",
    ]);
    let consent_text = by_language([
        "We and our 214 partners store cookies on your device to personalise ads and content. You can change your consent at any time in our privacy settings.",
        "Besuchen Sie uns wie gewohnt mit Werbung und Tracking. Ihre Zustimmung zu Cookies unserer Drittanbieter können Sie jederzeit im Datenschutz widerrufen.",
        "Avec nos 214 partenaires, nous déposons des cookies et des traceurs pour personnaliser la publicité. Vous pouvez retirer votre consentement à tout moment.",
        "Nosotros y nuestros 214 socios usamos cookies y datos personales para mostrarle anuncios. Puede retirar su consentimiento cuando quiera en privacidad.",
        "My i nasi partnerzy zapisujemy cookies na twoim urządzeniu, aby dobierać reklamy. Zgodę możesz wycofać w ustawieniach prywatności w każdej chwili.",
        "当社とパートナーはcookieを使い、広告を個人に合わせて表示します。同意はいつでもプライバシー設定で撤回できます。",
    ]);
    let privacy = by_language([
        "Privacy policy",
        "Datenschutzerklärung",
        "Politique de confidentialité",
        "Política de privacidad",
        "Polityka prywatności",
        "プライバシーポリシー",
    ]);
    let contact = by_language(["Contact us", "Kontakt", "Nous contacter", "Contacto", "Kontakt", "お問い合わせ"]);
    let search = by_language([
        "Search results for ferry",
        "Suchergebnisse für Fähre",
        "Recherche : ferry",
        "Resultados de búsqueda",
        "Wyniki wyszukiwania",
        "検索結果",
    ]);
    let rows: String = (1..30)
        .map(|n| format!("<tr><td>Town {n}</td><td>{}°</td><td>{} km/h</td><td>{} %</td></tr>", n % 30, 3 * n, 2 * n))
        .collect();
    let scores: String =
        (1..20).map(|n| format!("<div class=row><span>Club {n}</span> <b>{}:{}</b></div>", n % 4, n % 3)).collect();
    let cards = |count, text| site.cards(count, text);
    vec![
        ("home", site.page("The Saltmarsh Courier", &og("website"), &(cards(18, true) + &cards(20, false))), "https://courier.example/"),
        ("section", site.page(&format!("{section} | Courier"), &og("website"), &format!("<h1>{section}</h1>{}", cards(20, true))), "https://courier.example/politics/"),
        ("tag", site.page("bridge | Courier", &ld("CollectionPage"), &format!("<h1>bridge</h1>{}", cards(12, true))), "https://courier.example/tag/bridge"),
        ("author", site.page("Ines Calloway | Courier", &ld("ProfilePage"), &format!("<h1>Ines Calloway</h1><p>{}</p>{}", Site::pick(words.sentences, 1), cards(14, false))), "https://courier.example/author/ines-calloway"),
        ("search", site.page(search, "", &format!("<h1>{search}</h1>{}", cards(10, true))), "https://courier.example/?s=ferry"),
        ("archive", site.page("March 2024", "", &format!("<h1>2024</h1>{}", cards(30, false))), "https://courier.example/2024/03/"),
        ("page-2", site.page(&format!("{section} - 2"), &og("article"), &cards(15, true)), "https://courier.example/politics/page/2/"),
        ("login", site.page(&format!("{login} | Courier"), "", &format!("<h1>{login}</h1><p>{login_text}</p>{form}")), "https://courier.example/login"),
        ("gone", site.page(&format!("{gone} - Courier"), "", &format!("<h1>{gone}</h1><p>{gone_text}</p>{}", cards(6, false))), "https://courier.example/politics/old-story-of-the-bridge-1234567.html"),
        ("consent", site.page(&format!("{consent} | Courier"), "", &format!("<h2>{consent}</h2><p>{consent_text}</p><p>{consent_text}</p><button>OK</button>")), "https://courier.example/2024/03/09/ferry-crews-end-strike"),
        ("video", site.page("Storm over the harbour, seen from the air", &og("video.other"), &format!("<h1>{}</h1><video src=x></video><p>{}</p>{}", Site::pick(words.headlines, 4), Site::pick(words.sentences, 2), cards(8, false))), "https://courier.example/video/storm-over-harbour"),
        ("audio", site.page("The morning podcast", &ld("PodcastEpisode"), &format!("<h1>{}</h1><audio src=x></audio><p>{}</p>", Site::pick(words.headlines, 3), Site::pick(words.sentences, 2))), "https://courier.example/podcasts/morning-12"),
        ("gallery", site.page("Pictures of the week", &ld("ImageGallery"), &format!("<h1>{}</h1>{}", Site::pick(words.headlines, 5), "<figure><img src=x><figcaption>The quay at dawn.</figcaption></figure>".repeat(9))), "https://courier.example/galleries/week-12"),
        ("weather", site.page("Weather", "", &format!("<h1>Weather</h1><table>{rows}</table>")), "https://courier.example/weather"),
        ("scores", site.page("Results", "", &format!("<h1>Results</h1><div>{scores}</div>")), "https://courier.example/sport/results"),
        ("product", site.page("Oak writing desk", &(og("product") + &ld("Product")), &format!("<h1>Oak writing desk</h1><p>€ 249.00</p><p>{}</p><ul><li>Width 120 cm</li><li>Height 75 cm</li></ul><button>Buy</button>", Site::pick(words.sentences, 3))), "https://shop.example/desks/oak-writing-desk"),
        ("privacy", site.page(&format!("{privacy} | Courier"), &og("website"), &format!("<h1>{privacy}</h1>{}", site.prose(6, 1))), "https://courier.example/privacy"),
        ("contact", site.page(&format!("{contact} | Courier"), "", &format!("<h1>{contact}</h1><p>{}</p><p>Quay 4, Saltmarsh</p><p>+44 20 0000 0000</p>", Site::pick(words.sentences, 0))), "https://courier.example/contact"),
        ("empty", site.page("Courier", "", "<h1></h1><div class=article-body></div>"), "https://courier.example/2024/03/09/ferry-crews-end-strike"),
    ]
}

/// Pages without a site around them, as machines in front of one send them.
const BARE_PAGES: [(&str, &str); 16] = [
    (
        "cloudflare",
        "<title>Just a moment...</title><body><h1>courier.example</h1><h2>Checking if the site connection is secure</h2><p>courier.example needs to review the security of your connection before proceeding.</p><div>Ray ID: 7a1b2c</div>",
    ),
    (
        "blocked",
        "<title>Attention Required! | Cloudflare</title><body><h1>Sorry, you have been blocked</h1><h2>You are unable to access courier.example</h2><p>This website is using a security service to protect itself from online attacks.</p>",
    ),
    (
        "akamai",
        "<title>Access Denied</title><body><h1>Access Denied</h1>You don't have permission to access \"http://courier.example/\" on this server.<p>Reference #18.2d351ab8.1557333295.a4e16ab",
    ),
    (
        "datadome",
        "<title>courier.example</title><body><p id=cmsg>Please enable JS and disable any ad blocker</p><script>var dd={}</script>",
    ),
    (
        "perimeter",
        "<title>Access to this page has been denied</title><body><p>Press &amp; Hold to confirm you are a human (and not a bot).</p>",
    ),
    (
        "captcha",
        "<title>Are you a robot?</title><body><p>We've detected unusual activity from your computer network. To continue, please click the box below to let us know you're not a robot.</p>",
    ),
    ("incapsula", "<title></title><body><p>Request unsuccessful. Incapsula incident ID: 443000270120-123</p>"),
    (
        "too-many",
        "<title>429 Too Many Requests</title><body><h1>Too Many Requests</h1><p>You have sent too many requests in a given amount of time.</p>",
    ),
    ("script", "<title>Courier</title><body><div id=root></div><p>You need to enable JavaScript to run this app.</p>"),
    ("script-2", "<title>Courier</title><body><noscript>JavaScript is required.</noscript><div id=__next></div>"),
    (
        "maintenance",
        "<title>Site under maintenance</title><body><h1>We’ll be right back</h1><p>The site is undergoing scheduled maintenance and will be back within the hour.</p>",
    ),
    (
        "unavailable",
        "<title>503 Service Unavailable</title><body><h1>Service Unavailable</h1><p>The server is temporarily unable to service your request due to maintenance downtime or capacity problems.</p>",
    ),
    (
        "parked",
        "<title>courier.example</title><body><h1>courier.example</h1><p>This domain is for sale. Interested in this domain? Make an offer today and own it tomorrow.</p><ul><li><a href=x>Online news</a><li><a href=x>Local papers</a></ul>",
    ),
    (
        "nginx",
        "<title>Welcome to nginx!</title><body><h1>Welcome to nginx!</h1><p>If you see this page, the nginx web server is successfully installed and working. Further configuration is required.</p>",
    ),
    (
        "refresh",
        "<meta http-equiv=refresh content='0; url=https://courier.example/a/new'><title>Redirecting</title><body><p>If you are not redirected at once, <a href=/a/new>follow this link to the article on its new address</a>.</p>",
    ),
    ("moved", "<title>Courier</title><body><script>window.location='/a/new'</script>"),
];

/// An article in the site's template.
fn article(site: Site, paragraphs: usize, seed: usize) -> String {
    let words = site.words();
    let headline = Site::pick(words.headlines, seed);
    let head = match seed % 3 {
        0 => format!(
            "<script type=application/ld+json>{{\"@type\":\"NewsArticle\",\"headline\":\"{headline}\",\"datePublished\":\"2024-03-09T06:45:10Z\"}}</script>"
        ),
        1 => {
            "<meta property=og:type content=article><meta property=article:published_time content=2024-03-09T06:45:10Z>"
                .to_owned()
        }
        _ => String::new(),
    };
    let body = match seed % 4 {
        0 => format!(
            "<article><h1>{headline}</h1><time datetime=2024-03-09>9.3.2024</time>{}</article>",
            site.prose(paragraphs, seed)
        ),
        1 => format!("<h1>{headline}</h1><div class=article-body>{}</div>", site.prose(paragraphs, seed)),
        2 => format!(
            "<div><h1>{headline}</h1>{}<p><a href=/x>{}</a></p>{}</div>",
            site.prose(paragraphs, seed),
            Site::pick(words.headlines, seed + 3),
            site.prose(1, seed + 2)
        ),
        _ => format!("<div><div><h1>{headline}</h1></div><div>{}</div></div>", site.prose(paragraphs, seed)),
    };
    site.page(&format!("{headline} | Courier"), &head, &(body + &site.cards(12, seed.is_multiple_of(2))))
}

#[test]
fn what_is_no_article_is_refused_in_every_template() {
    let (mut pages, mut kept) = (0, Vec::new());
    for site in sites() {
        for (kind, html, address) in other_pages(site) {
            pages += 1;
            if outcome(&html, address) == "article" {
                kept.push(format!("{kind} {} in style {}", site.words().code, site.style));
            }
        }
    }
    for (kind, html) in BARE_PAGES {
        pages += 1;
        if outcome(html, "https://courier.example/2024/03/09/ferry-crews-end-strike") == "article" {
            kept.push(kind.to_owned());
        }
    }
    assert!(pages > 400 && kept.len() * 100 <= 3 * pages, "{} of {pages}: {kept:#?}", kept.len());
}

#[test]
fn an_article_in_the_same_templates_is_none_of_them() {
    let mut refused = Vec::new();
    let mut articles = 0;
    for site in sites() {
        for (at, paragraphs) in [2, 3, 5, 9].into_iter().enumerate() {
            let seed = at + site.style + 4 * site.language;
            let address = "https://courier.example/politics/ferry-crews-end-strike-after-deal-1234567";
            let kind = outcome(&article(site, paragraphs, seed), address);
            articles += 1;
            if kind != "article" {
                refused.push(format!("{kind}: {} in style {}, {paragraphs} paragraphs", site.words().code, site.style));
            }
        }
    }
    assert!(articles >= 96 && refused.is_empty(), "{} of {articles}: {refused:#?}", refused.len());
}

#[test]
fn a_refusal_says_what_the_page_is() {
    let site = Site { language: 0, style: 0 };
    let kinds: Vec<(&str, &str)> =
        other_pages(site).iter().map(|(kind, html, address)| (*kind, outcome(html, address))).collect();
    for (kind, named) in [
        ("home", "index"),
        ("tag", "index"),
        ("search", "index"),
        ("login", "login"),
        ("gone", "gone"),
        ("consent", "consent"),
        ("video", "media"),
        ("gallery", "media"),
        ("product", "product"),
        ("weather", "product"),
        ("privacy", "site"),
        ("contact", "site"),
    ] {
        assert!(kinds.contains(&(kind, named)), "{kind} is {named}: {kinds:?}");
    }
    let bare = |name: &str| {
        BARE_PAGES.iter().find(|(kind, _)| *kind == name).map(|(_, html)| outcome(html, "https://courier.example/a"))
    };
    assert_eq!(bare("cloudflare"), Some("robot-check"));
    assert_eq!(bare("maintenance"), Some("unavailable"));
    assert_eq!(bare("refresh"), Some("redirect"));
    assert_eq!(bare("script-2"), Some("no-text"));
}
