-- Feed intake: how a feed is asked, what came of it, how it should do; entries that are recognised; push.

set local search_path = public;

create table poll_outcomes (
    outcome text primary key check (char_length(outcome) <= 60),
    class   text not null check (class in ('fine', 'away', 'blocked', 'gone', 'unreadable', 'ours')),
    meaning text not null
);
comment on table poll_outcomes is 'The words for what can come of a poll.';
comment on column poll_outcomes.outcome is 'The word in feeds.last_outcome and feed_polls.outcome.';
comment on column poll_outcomes.class is 'fine; away (may pass); blocked (we are kept out); gone; unreadable (no feed comes); ours (we do not ask).';
comment on column poll_outcomes.meaning is 'The end of the sentence "the feed …".';
insert into poll_outcomes (outcome, class, meaning) values
    ('new', 'fine', 'listed entries never seen before'),
    ('changed', 'fine', 'listed entries that had changed, and none that was new'),
    ('unchanged', 'fine', 'was sent again and listed nothing new'),
    ('not-modified', 'fine', 'answered 304: nothing new'),
    ('dns', 'away', 'has a name that cannot be resolved'),
    ('connect', 'away', 'is on a server nobody answers at'),
    ('tls', 'away', 'is on a server whose certificate or handshake is wrong'),
    ('timeout', 'away', 'did not come in time'),
    ('protocol', 'away', 'came as a broken HTTP answer'),
    ('server-error', 'away', 'answered with a server''s error (5xx)'),
    ('unavailable', 'away', 'answered 503: come again later'),
    ('rate-limited', 'blocked', 'answered 429: we ask too often'),
    ('blocked', 'blocked', 'answered 401, 402, 403 or 451: we are kept out'),
    ('not-found', 'gone', 'answered 404: nothing is there'),
    ('gone', 'gone', 'answered 410: it was taken away for good'),
    ('client-error', 'blocked', 'answered with another refusal (4xx)'),
    ('other-status', 'unreadable', 'answered with a status that carries no feed'),
    ('redirects', 'unreadable', 'leads from redirect to redirect without an end'),
    ('too-large', 'unreadable', 'is bigger than we take'),
    ('bad-encoding', 'unreadable', 'is not compressed the way its header says'),
    ('empty', 'unreadable', 'came without a byte'),
    ('compressed', 'unreadable', 'came compressed without saying so'),
    ('binary', 'unreadable', 'is no text'),
    ('web-page', 'unreadable', 'is a web page now'),
    ('json-no-feed', 'unreadable', 'is JSON but no JSON Feed'),
    ('no-feed', 'unreadable', 'is text but no feed'),
    ('no-entries-read', 'unreadable', 'holds entries that could not be read'),
    ('reader-panic', 'unreadable', 'made the reader fail'),
    ('denied', 'ours', 'is at an address that is never asked: a private network or an odd port'),
    ('robots', 'ours', 'may not be asked by its robots.txt'),
    ('no-turn', 'ours', 'waited for its host''s turn in vain'),
    ('misconfigured', 'ours', 'cannot be asked with the settings it has');

alter table feeds
    add column folder text[] not null default '{}' check (cardinality(folder) <= 32),
    add column paused_by text check (paused_by in ('list', 'person')),
    add column host text check (octet_length(host) between 1 and 262),
    add column options jsonb not null default '{}' check (jsonb_typeof(options) = 'object'),
    add column rhythm jsonb not null default '{}' check (jsonb_typeof(rhythm) = 'object' and pg_column_size(rhythm) <= 16384),
    add column identity_rule text not null default 'guid' check (identity_rule in ('guid', 'url', 'title')),
    add column validators_url text check (octet_length(validators_url) <= 2048),
    add column not_modified_in_a_row int not null default 0 check (not_modified_in_a_row >= 0),
    add column validators_distrusted_until timestamptz,
    add column moved_to text check (octet_length(moved_to) <= 2048),
    add column moved_since timestamptz,
    add column moved_seen int not null default 0 check (moved_seen >= 0),
    add column expected_entries real check (expected_entries >= 0),
    add column seen_entries int check (seen_entries >= 0),
    add column silent_since timestamptz,
    add column last_note text check (char_length(last_note) <= 1000),
    add column hub_url text check (octet_length(hub_url) <= 2048),
    add column topic_url text check (octet_length(topic_url) <= 2048),
    add check ((moved_to is null) = (moved_since is null));
-- Hosts of feeds that are here already; the program writes the registrable domain at its next start.
update feeds set host = coalesce(left(lower(substring(url from '://(?:[^/@]*@)?([^/?#]+)')), 262), 'unknown');
alter table feeds alter column host set not null;
alter table feeds drop column lease_until, drop column attempts;
comment on column feeds.token is 'Fencing token of the claim whose poll was recorded last.';

create table feed_leases (
    feed_id     bigint primary key,
    host        text not null check (octet_length(host) between 1 and 262),
    token       bigint not null default hashtextextended(gen_random_uuid()::text, 0),
    lease_until timestamptz not null,
    attempts    int not null default 1 check (attempts >= 0)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
comment on table feed_leases is 'Feeds a daemon is polling now. Apart from feeds, so that a claim writes a few narrow rows and not the feeds; without a foreign key, which would lock each feed''s row.';
comment on column feed_leases.feed_id is 'The feed.';
comment on column feed_leases.host is 'Its host when it was claimed: no other feed of it is claimed meanwhile.';
comment on column feed_leases.token is 'Fencing token: random, so that a claim the server forgot when it crashed cannot come back as another''s.';
comment on column feed_leases.lease_until is 'While in the future, a daemon is at it.';
comment on column feed_leases.attempts is 'Claims since the last recorded poll; charged at the claim.';
comment on column feeds.folder is 'The folders it lies in, from the outermost; empty where they are only its region and topic.';
comment on column feeds.paused_by is 'Who paused it: the feed list it is no longer in, or a person, whom the list does not overrule.';
comment on column feeds.host is 'Registrable domain, by which polls are kept apart.';
comment on column feeds.options is 'How this feed alone is asked: proxy, headers, sign-in by the name of a secret, bounds of its interval.';
comment on column feeds.rhythm is 'What was learned of when it publishes, by hour and weekday.';
comment on column feeds.identity_rule is 'What its entries are known by: guid, or url or title where ids (addresses) are repeated or random.';
comment on column feeds.validators_url is 'The address etag and last_modified came from; they are sent to no other.';
comment on column feeds.not_modified_in_a_row is '304 answers since the last document; after too many it is asked without validators once.';
comment on column feeds.validators_distrusted_until is 'Until when its validators are left out, because they hid new entries.';
comment on column feeds.moved_to is 'Where a permanent redirect leads that is watched before it is adopted.';
comment on column feeds.moved_since is 'Since when it leads there.';
comment on column feeds.moved_seen is 'At how many polls in a row it led there.';
comment on column feeds.expected_entries is 'New entries to be expected over the time seen_entries counts, by its rhythm.';
comment on column feeds.seen_entries is 'New entries seen over that time.';
comment on column feeds.silent_since is 'Since when far fewer come than expected; null while all is as usual.';
comment on column feeds.hub_url is 'The WebSub hub it names.';
comment on column feeds.topic_url is 'The address it is known by at the hub.';
comment on column feeds.last_note is 'How it does, in a sentence.';

alter table feed_polls
    add column moved_entries int not null default 0 check (moved_entries >= 0),
    add column conditional boolean not null default false;
create index feed_polls_by_time on feed_polls (polled_at);
comment on column feed_polls.moved_entries is 'Of the listed entries, recognised although their id, address or headline had changed.';
comment on column feed_polls.conditional is 'Whether validators were sent.';

create table feed_addresses (
    url        text primary key check (octet_length(url) between 8 and 2048),
    feed_id    bigint not null references feeds on delete cascade,
    left_at    timestamptz not null default now()
);
create index feed_addresses_by_feed on feed_addresses (feed_id);
comment on table feed_addresses is 'Where feeds were before they moved: a feed list that still names the old address means the same feed.';
comment on column feed_addresses.url is 'The old address.';
comment on column feed_addresses.feed_id is 'The feed.';
comment on column feed_addresses.left_at is 'When the new address was adopted.';

alter table entries
    add column published_raw text check (char_length(published_raw) <= 200),
    add column recognised_by text check (recognised_by in ('guid', 'url', 'guid-tail', 'path', 'article-id', 'title-day'));
create index entries_by_feed on entries (feed_id, entry_id desc);
comment on column entries.published_raw is 'The publication time as the feed writes it.';
comment on column entries.recognised_by is 'By what it was last recognised after its key had changed; null if it never did.';

create table subscriptions (
    path_token     text primary key check (char_length(path_token) between 20 and 100),
    feed_id        bigint unique references feeds on delete set null,
    hub            text not null check (octet_length(hub) <= 2048),
    topic          text not null check (octet_length(topic) <= 2048),
    secret         text not null check (char_length(secret) between 20 and 199),
    signed         boolean not null,
    state          text not null check (state in ('asked', 'active', 'denied', 'leaving')),
    asked_at       timestamptz not null default now(),
    verified_at    timestamptz,
    lease_until    timestamptz,
    next_ask_at    timestamptz not null,
    failures       int not null default 0 check (failures >= 0),
    pushes         bigint not null default 0 check (pushes >= 0),
    last_push_at   timestamptz,
    poll_wanted_at timestamptz,
    detail         text check (char_length(detail) <= 1000),
    check (state <> 'leaving' or (feed_id is null and lease_until is not null))
);
create index subscriptions_due on subscriptions (next_ask_at);
create index subscriptions_without_feed on subscriptions (path_token) where feed_id is null;
create index subscriptions_wanting_a_poll on subscriptions (feed_id) where poll_wanted_at is not null;
create index feeds_with_hub on feeds (feed_id) where hub_url is not null;
comment on table subscriptions is 'WebSub: hubs that tell us when a feed has something new.';
comment on column subscriptions.path_token is 'The last part of the callback address: nobody but the hub knows it.';
comment on column subscriptions.feed_id is 'The feed; null once it was removed or paused or has named another hub.';
comment on column subscriptions.hub is 'The hub the feed names.';
comment on column subscriptions.topic is 'The address the feed gives as its own.';
comment on column subscriptions.secret is 'With what the hub signs what it sends.';
comment on column subscriptions.signed is 'Whether the hub was given the secret. Pushes of one that was not are a hint to poll and no more.';
comment on column subscriptions.state is 'asked, active (the hub has verified), denied, or leaving (to be told to push no more).';
comment on column subscriptions.asked_at is 'When the hub was last asked.';
comment on column subscriptions.verified_at is 'When it last verified.';
comment on column subscriptions.lease_until is 'How long it will push; where leaving, when this row is forgotten.';
comment on column subscriptions.next_ask_at is 'When it is asked again: to renew, or to try again.';
comment on column subscriptions.failures is 'Times in a row it was asked in vain.';
comment on column subscriptions.pushes is 'Signed pushes so far.';
comment on column subscriptions.last_push_at is 'When the last one came.';
comment on column subscriptions.poll_wanted_at is 'When the hub hinted at news it did not bring; null once the feed is due for it.';
comment on column subscriptions.detail is 'What went wrong last.';

create or replace view api.feed_health as
    select f.feed_id, f.url, f.title, f.last_outcome, f.last_detail, f.failures, f.last_polled_at, f.last_success_at,
           f.last_entry_at, f.next_poll_at, f.interval_seconds, f.paused_at is not null as paused,
           case when f.paused_at is not null then 'paused'
                when f.last_polled_at is null then 'new'
                when o.class = 'gone' and f.failures >= 3 then 'gone'
                when o.class = 'blocked' and f.failures >= 3 then 'blocked'
                when f.failures >= 3 then 'failing'
                when f.failures > 0 then 'shaky'
                when f.silent_since is not null then 'silent'
                else 'healthy' end as health,
           f.last_note as note, f.expected_entries, f.seen_entries, f.silent_since, f.moved_to, f.host,
           s.state as push, s.last_push_at
      from feeds f
      left join poll_outcomes o on o.outcome = f.last_outcome
      left join subscriptions s using (feed_id);
comment on view api.feed_health is 'How each feed does, what was to be expected of it, and a sentence that says so.';

create view api.feed_volume as
    select feed_id, (extract(isodow from first_seen_at at time zone 'UTC')::int - 1) * 24
           + extract(hour from first_seen_at at time zone 'UTC')::int as hour_of_week,
           count(*) as entries, round(count(*) / 4.0, 2) as entries_a_week
      from entries
     where first_seen_at >= now() - interval '28 days'
     group by 1, 2;
comment on view api.feed_volume is 'New entries of each feed by hour of the week (0 is Monday 00:00 to 01:00 UTC) over the last four weeks.';

create view api.feed_outcomes as
    select p.feed_id, p.outcome, o.class, count(*) as polls, max(p.polled_at) as last_polled_at,
           sum(p.bytes) as bytes, sum(p.new_entries) as new_entries
      from feed_polls p left join poll_outcomes o using (outcome)
     where p.polled_at >= now() - interval '7 days'
     group by 1, 2, 3;
comment on view api.feed_outcomes is 'What came of each feed''s polls over the last seven days.';

do $$
begin
    if exists (select from pg_roles where rolname = 'wireroom_app') then
        grant select, insert, update, delete on feed_leases, poll_outcomes, feed_addresses, subscriptions to wireroom_app;
        grant delete on feed_polls to wireroom_app;
        grant select on all tables in schema api to wireroom_app;
    end if;
    if exists (select from pg_roles where rolname = 'wireroom_read') then
        grant select on all tables in schema api to wireroom_read;
        grant select on poll_outcomes to wireroom_read;
    end if;
end $$;
