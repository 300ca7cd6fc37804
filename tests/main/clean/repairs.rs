//! Glued words: what is found, and what is left alone.

use std::sync::LazyLock;

use wireroom::article::repairs::{apply, find, offset_in_applied};
use wireroom::article::{RepairKind, Rules};

static RULES: LazyLock<Rules> = LazyLock::new(Rules::builtin);

/// Broken sentences: `^` marks where the space is missing and is no part of the text.
const BROKEN: [&str; 56] = [
    "The minister praised the balanced position on the war^Although he had doubts about the invasion.",
    "They offered financial aid to your neighbor^Increasing trade to record levels.",
    "On Monday she visits Kazakhstan^where the talks are to begin.",
    "He said that Kazakhstan^which borders Russia would not join the union.",
    "The crew left Jakarta^after the storm had passed over the islands.",
    "The mayor said^the bridge would be closed until the spring.",
    "The talks were held in^the old library of the town.",
    "Nobody knows how many of^them were on board when it sank.",
    "He promised that^he would talk to the unions on the pay of the crews.",
    "It was the first time^that the two had met since the war.",
    "The police^said that two men were held on Sunday.",
    "She has been in office since^the last election in the country.",
    "The company will^not pay for the damage to the harbour.",
    "The government^has promised to rebuild the road this year.",
    "The president^would not say when he is to leave.",
    "They left because^the water had reached the second floor.",
    "The report was written by^the former head of the bank.",
    "He lost his job when^the factory closed in the autumn.",
    "It is not clear whether^the plane was hit by a missile.",
    "The leader of^Germany met the prime minister of France on Friday.",
    "The army moved into^Baghdad before the sun had risen.",
    "The strike began on^Monday and will last for a week.",
    "Officials in^Washington said that the plan was dead.",
    "The two leaders met in^January and will meet again in the summer.",
    "It was over by the end of the year^The parties then went home.",
    "They had waited for hours at the border^Nobody told them why.",
    "The vote was put off to the spring^However the opposition wants it now.",
    "Prices rose again in the summer^According to the bank they will fall.",
    "He won the race for the second time^This was a surprise to all.",
    "The rebels hold the town^Government troops are on their way to it.",
    "The team was led by the captain^When he fell the others gave up.",
    "It came to an end.^The parties went home for the winter.",
    "The road was closed.^Nobody was told of it by the police.",
    "Who would pay for it?^The council could not say on Monday.",
    "They sang in the streets!^The police looked on and did nothing.",
    "She flew from Paris,^the capital of France, to the north.",
    "On Monday,^he told the court that he had not been there.",
    "The road is closed;^the bridge is not, and it will stay so.",
    "He spoke of “our Chinese friends”^and of the years that are to come.",
    "They have met every year since 2022^The last time it was in Delhi.",
    "In 2013^and again in the year after it they had lost.",
    "It has been so since^2011 in all the towns of the north.",
    "He was the head of the party from^1998 to the end of the war.",
    "It was a matter^of time until the dam would break.",
    "There was no doubt^about the outcome of the vote in the south.",
    "The members^of the council went home before the vote.",
    "The fighting^in the north has gone on for a year.",
    "The attack killed at^least four people and hurt many more of them.",
    "They want to know who^was behind it and who paid for it.",
    "She was told to^leave the country by the end of the week.",
    "The minister^was asked about it and did not answer the question.",
    "It is hoped that^they will come back to the table.",
    "We do not know what^happened to the crew of the ship.",
    "The court found^that he had not paid the tax for it.",
    "The people^who live there have no water and no light.",
    "All of this was done under^the eyes of the police in the town.",
];

/// Sentences where nothing is broken.
const WHOLE: [&str; 56] = [
    "Ronald McDonald watched YouTube on an iPhone near Iceland and liked it.",
    "In Thailand and Poland they use WhatsApp, LinkedIn and eBay for all of this.",
    "See news.exampleSite and #blackFriday and getName() for more of the same.",
    "The office of DeSantis said that the plane from LaGuardia was late by an hour.",
    "General MacArthur and Senator O'Neill were at the table with Mr McConnell.",
    "The firm of PricewaterhouseCoopers looked at the books of GlaxoSmithKline and of BlackRock.",
    "She wrote it in JavaScript and he wrote it in TypeScript on his MacBook.",
    "The model is called waveNet and it was trained on the same data.",
    "The field is a lineString and the other is a multiPolygon in the file.",
    "Call the function with myValue and it will give you the newValue of it.",
    "He used a dataFrame, a fileName and a hashMap to hold all of it.",
    "The painter of the Rotterdam school lived in Amsterdam and in Copenhagen.",
    "Die Donaudampfschifffahrtsgesellschaft hat ihren Sitz nicht mehr in Wien.",
    "Das Bundesverfassungsgericht hat die Rechtsschutzversicherung abgewiesen.",
    "Er arbeitet bei der StudentInnenvertretung und im BürgerInnenrat der Stadt.",
    "De arbeidsongeschiktheidsverzekering is weer duurder geworden dit jaar.",
    "Il est allé aujourd'hui à l'assemblée nationale avec le ministre.",
    "La señora fue a la panadería y compró algo para los niños.",
    "Työministeriö ilmoitti lakkautuspalkkausjärjestelmästä eilen illalla.",
    "記者はユーチューブYouTubeで発表した。東京で会議が開かれた。",
    "北京和上海的会议于星期一举行，双方没有发表声明。",
    "Президент заявил, что переговоры продолжатся в понедельник.",
    "قال الرئيس إن المحادثات ستستمر يوم الاثنين.",
    "Write to someone@example.com or to @theSkimm or look at https://example.com/aPageThatIs there.",
    "The file is at C:\\Users\\theUser and at /home/theUser/someFile on the disk.",
    "He was 3rd in 2019 and 21st in the 1990s, and ran the 5km in 15min.",
    "The 4K screen, the 5G phone and the 3D film are all sold for 20m dollars.",
    "The A380 and the Boeing 747s are parked beside the F16s of the army.",
    "The U.S. and the U.K. said that the E.U.'s plan was dead, i.e. over.",
    "It costs 1,000 euros, 3.5 percent more than the 2,500 of last year.",
    "The e.g. and the i.e. of Ph.D. theses at St.Gallen are not words.",
    "Version 2.0 of node.js and asp.net came with the book of the week.",
    "The COVID and the NATO of the USA and of the NGOs are not words of ours.",
    "A teenager in the grassland near Sunderland saw the lighthouse keeper.",
    "The therapist and the manslaughter case were a nowhere of its own.",
    "He is a newcomer to cyberspace and to the livestream of the keynote.",
    "She is a showrunner, a podcaster and a vlogger of some standing in the town.",
    "They sold the superyacht to a crowdfunding site for a cryptocurrency.",
    "The overtourism and the underfunding of the old town are on the table.",
    "The onboarding of the staff and the offboarding are both to be redone.",
    "It has a mirrorlike and a dreamlike and a nightmarelike look to it.",
    "The townhouses of Charlottesville and of Huntsville are on the market.",
    "The Jerseyan and the Floridian and the Parisian met in the bar of the hotel.",
    "Alexander Ovechkin and Giannis Antetokounmpo were in the hall of it.",
    "The Uzbekistani and the Kazakhstani were at the table of the talks.",
    "The former head of Anderssen and of Therese is in the office of the firm.",
    "The “X”s and the “Y”s of the game are on the left and on the right.",
    "He said it (and she did not) at 10:30 on the day of the vote.",
    "The O(n) of the algorithm and the f(x) of it are in the book.",
    "The bioNTech shares and those of bioMérieux and of thyssenKrupp fell.",
    "The antiFascist and the proLife and the transAtlantic were at the gates.",
    "The key is to press Ctrl+Alt+Delete and the_other_key at the same time.",
    "The rock'n'roll of the '70s and the ’80s was played to the end of it.",
    "A re-entry of the cost-effective e-tron is to be made in the year.",
    "Naïve café owners and the coöperative resumé are in the book of it.",
    "Mr. Xi and Ms. Li of the firm went to the P.E.N. dinner of it.",
];

#[test]
fn a_missing_space_is_found_where_it_is() {
    let mut wrong = Vec::new();
    for marked in BROKEN {
        let cut = marked.chars().take_while(|c| *c != '^').count();
        let text = marked.replace('^', "");
        let found: Vec<usize> = find(&text, &RULES).iter().map(|repair| repair.cut).collect();
        if found != [cut] {
            wrong.push((marked, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn names_code_and_other_languages_are_left_alone() {
    let wrong: Vec<(&str, Vec<String>)> = WHOLE
        .into_iter()
        .map(|text| (text, find(text, &RULES).into_iter().map(|repair| repair.text).collect()))
        .filter(|(_, found): &(_, Vec<String>)| !found.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_repair_says_where_what_and_how_sure() {
    let text = "Ünï was not in the warAlthough he said goodbye.It was over in 2022The end.";
    let found = find(text, &RULES);
    let spans: Vec<String> =
        found.iter().map(|repair| text.chars().skip(repair.start).take(repair.end - repair.start).collect()).collect();
    assert_eq!(spans, ["warAlthough", "goodbye.It", "2022The"]);
    let texts: Vec<&str> = found.iter().map(|repair| repair.text.as_str()).collect();
    assert_eq!(texts, ["war Although", "goodbye. It", "2022 The"]);
    let kinds: Vec<RepairKind> = found.iter().map(|repair| repair.kind).collect();
    assert_eq!(kinds, [RepairKind::GluedWords, RepairKind::GluedSentences, RepairKind::GluedNumber]);
    assert!(found.iter().all(|repair| repair.confidence >= 0.5 && repair.confidence <= 1.0), "{found:?}");
}

#[test]
fn the_repaired_text_is_a_second_one_whose_offsets_follow_from_the_first() {
    let text = "It is the warAlthough he left.It was over in the end.";
    let found = find(text, &RULES);
    let repaired = apply(text, &found).expect("repairs");
    assert_eq!(repaired, "It is the war Although he left. It was over in the end.");
    let letters: Vec<char> = repaired.chars().collect();
    for (at, c) in text.chars().enumerate() {
        assert_eq!(letters.get(offset_in_applied(at, &found)), Some(&c), "character {at}");
    }
    assert_eq!(apply("It is over.", &find("It is over.", &RULES)), None);
}

#[test]
fn what_stands_so_twice_is_a_name() {
    let once = "He works for the bankDirect of the town and likes it.";
    let twice = format!("{once} The bankDirect of the town is new.");
    assert_eq!(find(&twice, &RULES), []);
}

#[test]
fn a_name_that_only_the_text_knows_is_one() {
    let text = "Zhuravlenko spoke on Monday. The court was told by Zhuravlenkothat he had not been there at the time.";
    let texts: Vec<String> = find(text, &RULES).into_iter().map(|repair| repair.text).collect();
    assert_eq!(texts, ["Zhuravlenko that"]);
}
