//! A newspaper's pages, whole: head, menus, cards, teasers and footer, in four styles of markup and six languages.
//!
//! What differs between sites is what is varied here: tags and classes, whether a teaser's headline is the link or the
//! whole card is, whether there is JSON-LD, how much stands in menus, sidebar and footer.

use std::fmt::Write as _;

/// The words of one language that a site's templates have.
pub struct Words {
    pub code: &'static str,
    pub sections: &'static str,
    pub headlines: &'static str,
    pub sentences: &'static str,
    pub footer: &'static str,
}

pub const LANGUAGES: [Words; 6] = [
    Words {
        code: "en",
        sections: "Home|World|Politics|Business|Sport|Culture|Science|Weather|Opinion|Travel|Health|Video",
        headlines: "Harbour board names a new chair after months of talks|Ferry crews end strike as islands run short of flour|Old mill to become a museum of paper|Council splits over the price of parking|Storm closes coast road for a second day|School choir sings on a frozen lake|Bakers protest against a tax on salt|Lighthouse keeper retires after forty winters|Bridge opens two years late and over budget|Farmers count the cost of a dry spring",
        sentences: "The board met behind closed doors for most of the week and said little when it came out.|Nobody on the quay could say when the boats would sail again, and the shops had begun to count their sacks.|The mayor promised that the work would be done before the first frost.|Two engineers walked the length of the wall and found eleven cracks, none of them deep.|Neighbours brought soup and blankets, and somebody played the accordion until midnight.|By noon the water had reached the second step of the town hall.|The figures were read aloud twice because half of the room had not believed them.",
        footer: "Contact|Privacy policy|Terms of use|Advertise with us|Archive|Cookies|Jobs",
    },
    Words {
        code: "de",
        sections: "Startseite|Politik|Wirtschaft|Sport|Kultur|Wissen|Wetter|Meinung|Reise|Gesundheit|Video",
        headlines: "Hafenrat wählt nach langen Gesprächen neue Spitze|Fährleute beenden Streik auf den Inseln|Alte Mühle wird Museum für Papier|Stadtrat streitet über Gebühren fürs Parken|Sturm sperrt Küstenstraße den zweiten Tag|Schulchor singt auf gefrorenem See|Bäcker protestieren gegen Steuer auf Salz|Leuchtturmwärter geht nach vierzig Wintern|Brücke öffnet zwei Jahre zu spät|Bauern zählen die Kosten des trockenen Frühlings",
        sentences: "Der Rat tagte die meiste Zeit der Woche hinter verschlossenen Türen und sagte danach wenig.|Niemand am Kai wusste, wann die Boote wieder fahren, und in den Läden zählte man schon die Säcke.|Der Bürgermeister versprach, dass die Arbeiten vor dem ersten Frost beendet sind.|Zwei Ingenieure gingen die Mauer ab und fanden elf Risse, keiner davon tief.|Nachbarn brachten Suppe und Decken, und jemand spielte bis Mitternacht Akkordeon.|Gegen Mittag stand das Wasser auf der zweiten Stufe des Rathauses.",
        footer: "Kontakt|Datenschutz|Impressum|Mediadaten|Archiv|Cookies|Karriere",
    },
    Words {
        code: "fr",
        sections: "Accueil|Monde|Politique|Économie|Sport|Culture|Sciences|Météo|Opinions|Voyage|Santé|Vidéos",
        headlines: "Le conseil du port choisit une nouvelle présidente|Les équipages des ferries mettent fin à la grève|Le vieux moulin deviendra un musée du papier|Le conseil municipal se divise sur le stationnement|La tempête ferme la route côtière|La chorale de l’école chante sur le lac gelé|Les boulangers protestent contre la taxe sur le sel|Le gardien du phare part après quarante hivers",
        sentences: "Le conseil s’est réuni à huis clos presque toute la semaine et n’a pas dit grand-chose en sortant.|Personne sur le quai ne savait quand les bateaux repartiraient, et les boutiques comptaient leurs sacs.|Le maire a promis que les travaux seraient finis avant les premières gelées.|Deux ingénieurs ont longé le mur et trouvé onze fissures, dont aucune profonde.|Les voisins ont apporté de la soupe et des couvertures, et quelqu’un a joué de l’accordéon jusqu’à minuit.|À midi, l’eau avait atteint la deuxième marche de la mairie.",
        footer: "Nous contacter|Confidentialité|Mentions légales|Publicité|Archives|Cookies",
    },
    Words {
        code: "es",
        sections: "Portada|Mundo|Política|Economía|Deportes|Cultura|Ciencia|El tiempo|Opinión|Viajes|Salud|Vídeos",
        headlines: "La junta del puerto elige nueva presidenta tras meses|Las tripulaciones acaban la huelga en las islas|El viejo molino será un museo del papel|El concejo se divide por el precio de aparcar|El temporal cierra la carretera de la costa|El coro de la escuela canta sobre el lago helado|Los panaderos protestan contra el impuesto a la sal|El farero se jubila tras cuarenta inviernos",
        sentences: "La junta se reunió a puerta cerrada casi toda la semana y al salir dijo poca cosa.|Nadie en el muelle sabía cuándo volverían a zarpar los barcos, y las tiendas contaban los sacos.|El alcalde prometió que las obras acabarían antes de las primeras heladas.|Dos ingenieros recorrieron el muro y encontraron once grietas, ninguna profunda.|Los vecinos llevaron sopa y mantas, y alguien tocó el acordeón hasta la medianoche.|Al mediodía el agua había llegado al segundo escalón del ayuntamiento.",
        footer: "Contacto|Privacidad|Aviso legal|Publicidad|Hemeroteca|Cookies",
    },
    Words {
        code: "pl",
        sections: "Strona główna|Świat|Polityka|Gospodarka|Sport|Kultura|Nauka|Pogoda|Opinie|Podróże|Zdrowie|Wideo",
        headlines: "Rada portu wybrała nową przewodniczącą po miesiącach|Załogi promów kończą strajk na wyspach|Stary młyn będzie muzeum papieru|Rada miasta spiera się o ceny parkowania|Sztorm zamknął nadmorską drogę|Szkolny chór śpiewa na zamarzniętym jeziorze|Piekarze protestują przeciw podatkowi od soli",
        sentences: "Rada obradowała za zamkniętymi drzwiami prawie cały tydzień i niewiele potem powiedziała.|Nikt na nabrzeżu nie wiedział, kiedy łodzie znów wypłyną, a w sklepach liczono już worki.|Burmistrz obiecał, że prace skończą się przed pierwszym mrozem.|Dwóch inżynierów obeszło mur i znalazło jedenaście pęknięć, żadnego głębokiego.|Sąsiedzi przynieśli zupę i koce, a ktoś do północy grał na akordeonie.",
        footer: "Kontakt|Prywatność|Regulamin|Reklama|Archiwum|Cookies",
    },
    Words {
        code: "ja",
        sections: "ホーム|国際|政治|経済|スポーツ|文化|科学|天気|社説|旅行|健康|動画",
        headlines: "港湾委員会が新しい委員長を選出した|島のフェリー乗組員がストを終えた|古い水車小屋が紙の博物館になる|駐車料金をめぐり市議会が割れる|嵐で海岸道路が二日連続の通行止め|凍った湖の上で合唱団が歌う|パン職人が塩への課税に抗議した",
        sentences: "委員会は一週間のほとんどを非公開で開き、終わってからも多くを語らなかった。|岸壁の誰も船がいつ出るのかを知らず、店では袋の数を数え始めていた。|市長は最初の霜が降りる前に工事を終えると約束した。|技師二人が壁に沿って歩き、十一か所のひびを見つけたが、深いものはなかった。|近所の人がスープと毛布を持ち寄り、真夜中まで誰かが手風琴を弾いた。",
        footer: "お問い合わせ|プライバシー|利用規約|広告|アーカイブ",
    },
];

/// A site: its language and the style of its templates.
#[derive(Clone, Copy)]
pub struct Site {
    pub language: usize,
    pub style: usize,
}

/// The styles that [`Site`] knows.
pub const STYLES: usize = 4;

impl Site {
    /// The words of the site's language.
    pub fn words(self) -> &'static Words {
        &LANGUAGES[self.language]
    }

    /// One of a list of the language's words, going round.
    pub fn pick(list: &'static str, at: usize) -> &'static str {
        let items: Vec<&str> = list.split('|').collect();
        items[at % items.len()]
    }

    /// Paragraphs of running text.
    pub fn prose(self, paragraphs: usize, seed: usize) -> String {
        let sentence = |at: usize| Self::pick(self.words().sentences, at);
        (0..paragraphs).map(|n| format!("<p>{} {}</p>\n", sentence(seed + 2 * n), sentence(seed + 2 * n + 1))).collect()
    }

    /// So many teasers, with or without a sentence below the headline.
    pub fn cards(self, count: usize, text: bool) -> String {
        let mut out = String::new();
        for at in 0..count {
            let headline = Self::pick(self.words().headlines, at);
            let sentence = if text { Self::pick(self.words().sentences, at) } else { "" };
            let section = Self::pick(self.words().sections, at + 1);
            let date = format!("{}.{}.2024", 1 + at % 28, 1 + at % 12);
            match self.style {
                0 => write!(out, "<article class=card><a href='/a/{at}'><img src=x.jpg></a><h3><a href='/a/{at}'>{headline}</a></h3><p>{sentence}</p><time>{date}</time></article>"),
                1 => write!(out, "<div class='teaser'><a href='/2024/{at}-x.html'><span class='kicker'>{section}</span><h2>{headline}</h2><p>{sentence}</p></a></div>"),
                2 => write!(out, "<li><div class='c-item'><div><a href='/n/{at}'>{headline}</a></div><div>{date}</div><div>{sentence}</div></div></li>"),
                _ => write!(out, "<div><div><b><a href='/story/{at}'>{headline}</a></b></div><div>{sentence} <a href='/story/{at}'>→</a></div></div>"),
            }
            .expect("a String takes all");
        }
        if self.style == 2 { format!("<ul>{out}</ul>") } else { out }
    }

    /// A whole page around some content.
    pub fn page(self, title: &str, head: &str, content: &str) -> String {
        let words = self.words();
        let link = |name: &str| format!("<li><a href='/{}'>{name}</a></li>", name.to_lowercase());
        let menu: String = words.sections.split('|').map(link).collect();
        let mega: String = words
            .sections
            .split('|')
            .map(|name| format!("<div><h4><a href=/x>{name}</a></h4><ul>{}</ul></div>", link("2023") + &link("2024")))
            .collect();
        let foot: String = words.footer.split('|').map(link).collect();
        let code = words.code;
        let (top, main, bottom) = match self.style {
            0 => (
                format!("<header><nav><ul>{menu}</ul></nav></header>"),
                "main",
                format!("<footer><ul>{foot}</ul><p>© 2024 Saltmarsh Courier</p></footer>"),
            ),
            1 => (
                format!("<div class=site-header><div class=mega-menu>{mega}</div></div>"),
                "div class=content",
                format!("<div class=site-footer><ul>{foot}</ul></div>"),
            ),
            2 => (
                format!("<div id=top><ul>{menu}</ul></div>"),
                "div id=page",
                format!("<div id=bottom><ul>{foot}</ul></div>"),
            ),
            _ => (
                format!("<table><tr><td><ul>{menu}</ul></td></tr></table>"),
                "section",
                format!("<div><ul>{foot}</ul></div>"),
            ),
        };
        let end = main.split(' ').next().unwrap_or(main);
        format!(
            "<!doctype html><html lang={code}><head><meta charset=utf-8><title>{title}</title>{head}</head><body>{top}<{main}>{content}</{end}>{bottom}</body></html>"
        )
    }
}
