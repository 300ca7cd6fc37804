-- The schema of wireroom: feeds, entries and the queue; articles by month; who and what they are about.
-- Runs on PostgreSQL 15 and newer with no extension.

set local search_path = public;
create schema if not exists wireroom;
create schema if not exists api;
comment on schema wireroom is 'Helpers of wireroom: functions for queries and for the daemon.';
comment on schema api is 'Views for the common questions. They only grow.';

-- article_id: milliseconds since 1970 in the high bits, 20 bits of sequence below.
create function wireroom.id_at(at timestamptz) returns bigint
    language sql immutable strict parallel safe
    as $$ select (extract(epoch from at) * 1000)::bigint << 20 $$;
comment on function wireroom.id_at is 'The smallest article_id of a moment: `where article_id >= wireroom.id_at(now() - interval ''1 day'')` reads one day''s partitions only.';

create function wireroom.time_of(id bigint) returns timestamptz
    language sql immutable strict parallel safe
    as $$ select to_timestamp((id >> 20) / 1000.0) $$;
comment on function wireroom.time_of is 'The moment an article was first seen, read from its article_id.';

create sequence wireroom.article_sequence as bigint maxvalue 1048575 cycle;
create function wireroom.next_article_id() returns bigint
    language sql volatile
    as $$ select wireroom.id_at(clock_timestamp()) | nextval('wireroom.article_sequence') $$;
comment on function wireroom.next_article_id is 'A new time-ordered article_id.';

-- Words for full-text search. A text too rich for one vector is cut shorter rather than refused.
create function wireroom.words(title text, body text) returns tsvector
    language plpgsql immutable parallel safe
    as $$
declare
    most int := 200000;
begin
    loop
        begin
            return setweight(to_tsvector('simple', coalesce(left(title, 1000), '')), 'A')
                || to_tsvector('simple', coalesce(left(body, most), ''));
        exception when program_limit_exceeded then
            most := most / 2;
        end;
        if most < 1000 then return ''::tsvector; end if;
    end loop;
end $$;
comment on function wireroom.words is 'The search vector of an article: headline weighted A, text D, no stemming since articles come in every language.';

-- ------------------------------------------------------------------------------------------------ feeds and the queue

create table sources (
    source_id  bigint generated always as identity primary key,
    domain     text not null unique check (octet_length(domain) between 1 and 255),
    name       text check (char_length(name) <= 300),
    country    text check (country ~ '^[a-z]{2}$'),
    created_at timestamptz not null default now()
);
comment on table sources is 'A publisher, known by its registrable domain.';
comment on column sources.source_id is 'Key.';
comment on column sources.domain is 'Registrable domain (example.co.uk), or host and port where there is none.';
comment on column sources.name is 'What the publisher calls itself.';
comment on column sources.country is 'ISO 3166-1 alpha-2, lower case, from the feed list.';
comment on column sources.created_at is 'When its first feed or article was seen.';

create table feeds (
    feed_id          bigint generated always as identity primary key,
    url              text not null unique check (octet_length(url) between 8 and 2048),
    title            text check (char_length(title) <= 1000),
    site_url         text check (octet_length(site_url) <= 2048),
    country          text check (country ~ '^[a-z]{2}$'),
    language         text check (char_length(language) <= 35),
    region           text check (char_length(region) <= 100),
    topic            text check (char_length(topic) <= 100),
    origin           text not null check (origin in ('file', 'command', 'demo')),
    paused_at        timestamptz,
    etag             text check (octet_length(etag) <= 4096),
    last_modified    text check (octet_length(last_modified) <= 512),
    interval_seconds bigint not null default 900 check (interval_seconds > 0),
    next_poll_at     timestamptz not null default now(),
    lease_until      timestamptz,
    token            bigint not null default 0,
    attempts         int not null default 0,
    failures         int not null default 0,
    last_outcome     text check (char_length(last_outcome) <= 60),
    last_detail      text check (char_length(last_detail) <= 1000),
    last_polled_at   timestamptz,
    last_success_at  timestamptz,
    last_entry_at    timestamptz,
    new_entries      int not null default 0,
    listed_entries   int not null default 0,
    created_at       timestamptz not null default now()
) with (fillfactor = 80);
create index feeds_due on feeds (next_poll_at) where paused_at is null;
comment on table feeds is 'A feed, its validators, its schedule and its health.';
comment on column feeds.feed_id is 'Key.';
comment on column feeds.url is 'Where it is polled.';
comment on column feeds.title is 'Its title: the feed list''s, else the feed''s own.';
comment on column feeds.site_url is 'The site it says it belongs to.';
comment on column feeds.country is 'ISO 3166-1 alpha-2, from the feed list.';
comment on column feeds.language is 'BCP 47, from the feed list, else the feed''s own.';
comment on column feeds.region is 'The part of the world it is grouped under.';
comment on column feeds.topic is 'What it mostly writes about.';
comment on column feeds.origin is 'Who added it: the feed list file, the command line, or the demo.';
comment on column feeds.paused_at is 'Since when it is not polled; null while it is.';
comment on column feeds.etag is 'The ETag of the last answer whose entries are stored, verbatim.';
comment on column feeds.last_modified is 'The Last-Modified of that answer, verbatim.';
comment on column feeds.interval_seconds is 'The pause chosen after the last poll.';
comment on column feeds.next_poll_at is 'When it is due.';
comment on column feeds.lease_until is 'While in the future, a daemon is polling it.';
comment on column feeds.token is 'Fencing token: grows with every claim; a poll is recorded only under the token it was claimed with.';
comment on column feeds.attempts is 'Claims since the last recorded poll.';
comment on column feeds.failures is 'Failed polls in a row.';
comment on column feeds.last_outcome is 'What came of the last poll, as one word.';
comment on column feeds.last_detail is 'The same in a sentence, where it failed.';
comment on column feeds.last_polled_at is 'When it was last polled.';
comment on column feeds.last_success_at is 'When it was last read or answered 304.';
comment on column feeds.last_entry_at is 'When it last had an entry not seen before.';
comment on column feeds.new_entries is 'New entries of the last poll that was read.';
comment on column feeds.listed_entries is 'Entries the feed listed then.';
comment on column feeds.created_at is 'When it was added.';

create table feed_polls (
    feed_poll_id    bigint generated always as identity primary key,
    feed_id         bigint not null references feeds on delete cascade,
    polled_at       timestamptz not null default now(),
    outcome         text not null check (char_length(outcome) <= 60),
    detail          text check (char_length(detail) <= 1000),
    status          smallint,
    bytes           bigint not null default 0 check (bytes >= 0),
    elapsed_ms      int not null default 0 check (elapsed_ms >= 0),
    listed_entries  int not null default 0,
    new_entries     int not null default 0,
    changed_entries int not null default 0,
    skipped_entries int not null default 0,
    recovered       text[] not null default '{}'
);
create index feed_polls_by_feed on feed_polls (feed_id, polled_at desc);
comment on table feed_polls is 'One poll and what came of it.';
comment on column feed_polls.feed_poll_id is 'Key.';
comment on column feed_polls.feed_id is 'The feed.';
comment on column feed_polls.polled_at is 'When it was recorded.';
comment on column feed_polls.outcome is 'One word: read, not-modified, or why it failed.';
comment on column feed_polls.detail is 'The failure in a sentence.';
comment on column feed_polls.status is 'HTTP status.';
comment on column feed_polls.bytes is 'Bytes on the wire.';
comment on column feed_polls.elapsed_ms is 'Milliseconds from request to last byte.';
comment on column feed_polls.listed_entries is 'Entries in the document.';
comment on column feed_polls.new_entries is 'Of them, never seen before.';
comment on column feed_polls.changed_entries is 'Of them, changed since they were last seen.';
comment on column feed_polls.skipped_entries is 'Items that could not be taken.';
comment on column feed_polls.recovered is 'Damage that was mended before the document could be read.';

-- The queue: narrow, since it churns. A row is one address to be fetched, however many entries lead to it.
create table tasks (
    task_id     bigint generated always as identity primary key,
    url_key     bytea not null unique check (octet_length(url_key) = 32),
    url         text not null check (octet_length(url) between 8 and 2048),
    host        text not null check (octet_length(host) between 1 and 262),
    demo        boolean not null default false,
    state       smallint not null default 0 check (state between 0 and 3),
    due_at      timestamptz not null default now(),
    attempts    int not null default 0,
    token       bigint not null default 0,
    lease_until timestamptz,
    article_id  bigint,
    reason      text check (char_length(reason) <= 60),
    detail      text check (char_length(detail) <= 1000),
    check ((state = 1) = (lease_until is not null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
create index tasks_due on tasks (due_at) where state in (0, 1);
create index tasks_reasons on tasks (reason) where state = 3;
comment on table tasks is 'An address to be fetched, once however many entries lead to it: the queue.';
comment on column tasks.task_id is 'Key.';
comment on column tasks.url_key is 'SHA-256 of the canonical address.';
comment on column tasks.url is 'The address as the feed gave it.';
comment on column tasks.host is 'Registrable domain, by which politeness is counted.';
comment on column tasks.demo is 'Whether it belongs to the demo, which fetches its own and no others.';
comment on column tasks.state is '0 waiting, 1 leased, 2 done, 3 refused.';
comment on column tasks.due_at is 'When it may be fetched.';
comment on column tasks.attempts is 'Claims so far; charged at the claim, so that what kills a daemon is counted too.';
comment on column tasks.token is 'Fencing token: grows with every claim.';
comment on column tasks.lease_until is 'While in the future, a daemon is at it.';
comment on column tasks.article_id is 'The article it led to.';
comment on column tasks.reason is 'Why it was refused or is tried again, as one word.';
comment on column tasks.detail is 'The same in a sentence.';

create table entries (
    entry_id      bigint generated always as identity primary key,
    feed_id       bigint not null references feeds on delete cascade,
    task_id       bigint not null references tasks on delete cascade,
    entry_key     bytea not null check (octet_length(entry_key) = 32),
    guid          text check (char_length(guid) <= 2048),
    url           text not null check (octet_length(url) between 8 and 2048),
    title         text check (char_length(title) <= 1000),
    summary       text,
    content       text,
    authors       text[] not null default '{}',
    categories    text[] not null default '{}',
    published_at  timestamptz,
    updated_at    timestamptz,
    fingerprint   bytea not null check (octet_length(fingerprint) = 32),
    first_seen_at timestamptz not null default now(),
    changed_at    timestamptz,
    unique (feed_id, entry_key)
);
create index entries_by_task on entries (task_id);
create index entries_by_time on entries (first_seen_at desc);
comment on table entries is 'An item of a feed; several entries can lead to one article.';
comment on column entries.entry_id is 'Key.';
comment on column entries.feed_id is 'The feed it stands in.';
comment on column entries.task_id is 'The page it leads to; tasks.article_id is the article.';
comment on column entries.entry_key is 'SHA-256 of what identifies it in its feed: guid, else address, else headline and day.';
comment on column entries.guid is 'The publisher''s own id, verbatim.';
comment on column entries.url is 'Where it points.';
comment on column entries.title is 'Its headline in the feed.';
comment on column entries.summary is 'Its teaser, as the feed''s HTML, cut at 20,000 characters.';
comment on column entries.content is 'Its whole text where the feed carries it, as the feed''s HTML, cut at 200,000 characters.';
comment on column entries.authors is 'Names as the feed writes them.';
comment on column entries.categories is 'Categories as the feed writes them.';
comment on column entries.published_at is 'When it was published, by the feed.';
comment on column entries.updated_at is 'When it was changed, by the feed.';
comment on column entries.fingerprint is 'SHA-256 over headline, teaser, text and update time: tells an edited entry.';
comment on column entries.first_seen_at is 'When it was first listed.';
comment on column entries.changed_at is 'When its fingerprint last changed.';

-- ------------------------------------------------------------------------------------------------ articles, by month

create table article_keys (
    key        bytea primary key check (octet_length(key) = 32),
    article_id bigint not null
);
create index article_keys_by_article on article_keys (article_id);
comment on table article_keys is 'What must be unique across months: every address hash an article is known by.';
comment on column article_keys.key is 'SHA-256 of a canonical address.';
comment on column article_keys.article_id is 'The article.';

create table articles (
    article_id          bigint primary key,
    source_id           bigint not null references sources,
    url                 text not null check (octet_length(url) between 8 and 2048),
    canonical_url       text check (octet_length(canonical_url) <= 2048),
    site_name           text check (char_length(site_name) <= 300),
    title               text check (char_length(title) <= 1000),
    authors             text[] not null default '{}',
    published_at        timestamptz,
    published_precision text not null check (published_precision in ('second', 'minute', 'day', 'none')),
    published_source    text check (char_length(published_source) <= 40),
    first_seen_at       timestamptz not null default now(),
    updated_at          timestamptz,
    language            text check (char_length(language) <= 35),
    section             text check (char_length(section) <= 300),
    tags                text[] not null default '{}',
    image_url           text check (octet_length(image_url) <= 2048),
    text                text not null check (octet_length(text) <= 2000000),
    text_source         text not null check (text_source in ('page', 'feed')),
    word_count          int not null check (word_count >= 0),
    completeness        real not null check (completeness between 0 and 1),
    paywalled           boolean not null,
    removed             jsonb not null default '[]',
    repairs             jsonb not null default '[]',
    content_hash        bytea not null check (octet_length(content_hash) = 32),
    version             int not null default 1,
    extractor           int not null,
    words               tsvector not null
) partition by range (article_id);
create index articles_words on articles using gin (words);
create index articles_by_source on articles (source_id, article_id desc);
create index articles_by_published on articles (published_at desc);
comment on table articles is 'An article, cleaned. Partitioned by month on article_id, whose high bits are the time it was first seen.';
comment on column articles.article_id is 'Key, time-ordered: `article_id > $cursor` is an incremental export.';
comment on column articles.source_id is 'The publisher.';
comment on column articles.url is 'Where the page was, redirects followed.';
comment on column articles.canonical_url is 'What the page calls its own address.';
comment on column articles.site_name is 'The publisher''s name on the page.';
comment on column articles.title is 'The headline, without the site''s name.';
comment on column articles.authors is 'The byline, one name each.';
comment on column articles.published_at is 'When it was published.';
comment on column articles.published_precision is 'How exactly that is known: second, minute, day (then the instant is midnight UTC), none.';
comment on column articles.published_source is 'Where that was read: json-ld, opengraph, time, meta, url, feed.';
comment on column articles.first_seen_at is 'When wireroom first had it.';
comment on column articles.updated_at is 'When the publisher says it was last changed.';
comment on column articles.language is 'BCP 47 primary language of the text.';
comment on column articles.section is 'The section of the paper.';
comment on column articles.tags is 'The page''s own tags.';
comment on column articles.image_url is 'The lead image.';
comment on column articles.text is 'The story alone, paragraphs separated by one blank line.';
comment on column articles.text_source is 'page, or feed where the page could not be had and the feed''s own text stands in.';
comment on column articles.word_count is 'Words in the text; characters where the script has no spaces.';
comment on column articles.completeness is 'How much of the story is thought to be here, 0 to 1.';
comment on column articles.paywalled is 'Whether the page says that the rest must be paid for.';
comment on column articles.removed is 'What cleaning took out: [{text, reason}].';
comment on column articles.repairs is 'Places where the text was broken before we saw it: [{start, end, kind}].';
comment on column articles.content_hash is 'SHA-256 over headline and text: tells an edited article.';
comment on column articles.version is 'Grows with every edit; older ones are in article_versions.';
comment on column articles.extractor is 'Version of cleaning and extraction that made the row.';
comment on column articles.words is 'For full-text search: `words @@ websearch_to_tsquery(''simple'', ''…'')`.';

create table article_versions (
    article_id    bigint not null,
    version       int not null,
    title         text,
    text          text not null,
    updated_at    timestamptz,
    replaced_at   timestamptz not null default now(),
    content_hash  bytea not null check (octet_length(content_hash) = 32),
    primary key (article_id, version)
) partition by range (article_id);
comment on table article_versions is 'What an article said before it was edited.';
comment on column article_versions.article_id is 'The article.';
comment on column article_versions.version is 'Which version this was, from 1.';
comment on column article_versions.title is 'Its headline then.';
comment on column article_versions.text is 'Its text then.';
comment on column article_versions.updated_at is 'The publisher''s time of change then.';
comment on column article_versions.replaced_at is 'When the next version was seen.';
comment on column article_versions.content_hash is 'SHA-256 over headline and text.';

create table entities (
    entity_id     bigint generated always as identity primary key,
    identity_key  bytea not null unique check (octet_length(identity_key) = 32),
    name          text not null check (char_length(name) between 1 and 300),
    kind          text not null check (kind in ('person', 'organization', 'place', 'group', 'facility', 'event', 'product', 'work', 'law')),
    wikidata      text check (wikidata ~ '^Q[0-9]+$'),
    first_seen_at timestamptz not null default now()
);
create index entities_by_name on entities (lower(name));
comment on table entities is 'Who or what is talked about.';
comment on column entities.entity_id is 'Key.';
comment on column entities.identity_key is 'SHA-256 of the Wikidata id, else of kind and folded name.';
comment on column entities.name is 'The longest name it was called by.';
comment on column entities.kind is 'person, organization, place, group, facility, event, product, work or law.';
comment on column entities.wikidata is 'Its Wikidata id, where openly licensed data knows it.';
comment on column entities.first_seen_at is 'When it was first found in an article.';

create table entity_aliases (
    entity_id     bigint not null references entities on delete cascade,
    alias         text not null check (char_length(alias) between 1 and 300),
    first_seen_at timestamptz not null default now(),
    primary key (entity_id, alias)
);
create index entity_aliases_by_alias on entity_aliases (lower(alias));
comment on table entity_aliases is 'The names an entity is called by.';
comment on column entity_aliases.entity_id is 'The entity.';
comment on column entity_aliases.alias is 'A name used for it.';
comment on column entity_aliases.first_seen_at is 'When it was first called so.';

create table article_entities (
    article_id bigint not null,
    entity_id  bigint not null references entities,
    mentions   int not null check (mentions > 0),
    in_title   boolean not null,
    salience   real not null check (salience between 0 and 1),
    titles     text[] not null default '{}',
    starts     int[] not null,
    ends       int[] not null,
    confidence real not null check (confidence between 0 and 1),
    primary key (article_id, entity_id),
    check (cardinality(starts) = mentions and cardinality(ends) = mentions)
) partition by range (article_id);
create index article_entities_by_entity on article_entities (entity_id, article_id desc);
comment on table article_entities is 'One row per article and entity; the view mentions has a row per mention.';
comment on column article_entities.article_id is 'The article.';
comment on column article_entities.entity_id is 'The entity.';
comment on column article_entities.mentions is 'How often it is named.';
comment on column article_entities.in_title is 'Whether the headline names it.';
comment on column article_entities.salience is 'How much the article is about it, 0 to 1.';
comment on column article_entities.titles is 'Titles and roles the article gives it.';
comment on column article_entities.starts is 'First character of each mention in articles.text, from 0.';
comment on column article_entities.ends is 'One past the last character of each mention.';
comment on column article_entities.confidence is 'Mean confidence of its mentions, 0 to 1.';

create table quotes (
    article_id bigint not null,
    position   int not null check (position >= 0),
    start      int not null check (start >= 0),
    "end"      int not null,
    text       text not null,
    speaker    text check (char_length(speaker) <= 300),
    entity_id  bigint references entities,
    verb       text check (char_length(verb) <= 100),
    kind       text not null check (kind in ('direct', 'mixed', 'indirect')),
    primary key (article_id, position),
    check (start < "end")
) partition by range (article_id);
create index quotes_by_entity on quotes (entity_id, article_id desc);
comment on table quotes is 'What was said, and by whom.';
comment on column quotes.article_id is 'The article.';
comment on column quotes.position is 'Its place in the article, from 0.';
comment on column quotes.start is 'First character in articles.text, from 0.';
comment on column quotes."end" is 'One past the last character.';
comment on column quotes.text is 'What was said.';
comment on column quotes.speaker is 'Who said it, as named in the article.';
comment on column quotes.entity_id is 'The speaker''s entity.';
comment on column quotes.verb is 'The cue: said, according to, …';
comment on column quotes.kind is 'direct, mixed or indirect.';

create table dates (
    article_id bigint not null,
    position   int not null check (position >= 0),
    start      int not null check (start >= 0),
    "end"      int not null,
    text       text not null,
    value      text check (char_length(value) <= 40),
    until      text check (char_length(until) <= 40),
    precision  text not null,
    primary key (article_id, position),
    check (start < "end")
) partition by range (article_id);
comment on table dates is 'Dates and times in an article, resolved against its publication.';
comment on column dates.article_id is 'The article.';
comment on column dates.position is 'Its place in the article, from 0.';
comment on column dates.start is 'First character in articles.text, from 0.';
comment on column dates."end" is 'One past the last character.';
comment on column dates.text is 'As it stands there.';
comment on column dates.value is 'ISO 8601, cut off at its precision: 2022-09-15, 2022-02, 2022.';
comment on column dates.until is 'The end of a range, inclusive.';
comment on column dates.precision is 'minute, day, week, month, quarter, year, decade or vague.';

create table amounts (
    article_id bigint not null,
    position   int not null check (position >= 0),
    start      int not null check (start >= 0),
    "end"      int not null,
    text       text not null,
    kind       text not null check (kind in ('money', 'percent', 'quantity')),
    value      double precision not null,
    unit       text check (char_length(unit) <= 100),
    primary key (article_id, position),
    check (start < "end")
) partition by range (article_id);
comment on table amounts is 'Money, percentages and counted things in an article.';
comment on column amounts.article_id is 'The article.';
comment on column amounts.position is 'Its place in the article, from 0.';
comment on column amounts.start is 'First character in articles.text, from 0.';
comment on column amounts."end" is 'One past the last character.';
comment on column amounts.text is 'As it stands there.';
comment on column amounts.kind is 'money, percent or quantity.';
comment on column amounts.value is 'The number, magnitude applied.';
comment on column amounts.unit is 'ISO 4217 for money, percent, or the counted noun.';

create table pages (
    page_id      bigint generated always as identity primary key,
    task_id      bigint references tasks on delete set null,
    url          text not null check (octet_length(url) between 8 and 2048),
    fetched_at   timestamptz not null,
    status       smallint not null,
    content_type text check (char_length(content_type) <= 200),
    file         text not null check (char_length(file) <= 300),
    "offset"     bigint not null check ("offset" >= 0),
    length       bigint not null check (length > 0),
    digest       bytea not null check (octet_length(digest) = 32),
    article_id   bigint
);
create index pages_by_article on pages (article_id);
create index pages_by_task on pages (task_id);
comment on table pages is 'Where each page as fetched is kept, so that everything can be done again.';
comment on column pages.page_id is 'Key.';
comment on column pages.task_id is 'The task it was fetched for.';
comment on column pages.url is 'Its address, redirects followed.';
comment on column pages.fetched_at is 'When it was fetched.';
comment on column pages.status is 'HTTP status.';
comment on column pages.content_type is 'Its Content-Type, verbatim.';
comment on column pages.file is 'The WARC file, below the data folder''s pages/.';
comment on column pages."offset" is 'Where its record starts in the file, in bytes.';
comment on column pages.length is 'The length of the compressed record, in bytes.';
comment on column pages.digest is 'SHA-256 of the decoded body.';
comment on column pages.article_id is 'The article made of it.';

-- ------------------------------------------------------------------------------------------------ partitions

-- Runs as the owner: a daemon under wireroom_app may make partitions, and nothing else.
create function wireroom.ensure_partitions(from_at timestamptz, to_at timestamptz) returns int
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp
    as $$
declare
    first_day timestamptz := date_trunc('month', from_at at time zone 'UTC') at time zone 'UTC';
    next_day  timestamptz;
    parent    text;
    made      int := 0;
begin
    -- One maker at a time: two daemons may notice the same missing month.
    perform pg_advisory_xact_lock(7171001);
    while first_day <= to_at loop
        next_day := ((first_day at time zone 'UTC') + interval '1 month') at time zone 'UTC';
        foreach parent in array array['articles', 'article_versions', 'article_entities', 'quotes', 'dates', 'amounts'] loop
            if to_regclass(format('public.%I', parent || to_char(first_day at time zone 'UTC', '_YYYY_MM'))) is null then
                execute format('create table public.%I partition of public.%I for values from (%s) to (%s)',
                    parent || to_char(first_day at time zone 'UTC', '_YYYY_MM'), parent,
                    wireroom.id_at(first_day), wireroom.id_at(next_day));
                made := made + 1;
            end if;
        end loop;
        first_day := next_day;
    end loop;
    return made;
end $$;
revoke execute on function wireroom.ensure_partitions from public;
comment on function wireroom.ensure_partitions is 'Makes the missing monthly partitions between two moments; gives how many it made.';
select wireroom.ensure_partitions(now() - interval '1 month', now() + interval '2 months');
