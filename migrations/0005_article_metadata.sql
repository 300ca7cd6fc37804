-- What a page says of its article besides the story: who signed it, every date, the kind, the agencies.

set local search_path = public;

alter table articles
    add column byline jsonb not null default '[]' check (jsonb_typeof(byline) = 'array'),
    add column agencies text[] not null default '{}' check (cardinality(agencies) <= 10),
    add column kind text not null default 'news'
        check (kind in ('news', 'opinion', 'live', 'press-release', 'review', 'obituary', 'correction')),
    add column amp_url text check (octet_length(amp_url) <= 2048),
    add column dates_found jsonb not null default '[]' check (jsonb_typeof(dates_found) = 'array');

comment on column articles.authors is 'Who wrote it, one name each; where the page names no person, the house that signs.';
comment on column articles.byline is 'Everybody the byline names: [{name, kind}], kind one of person, organization, agency.';
comment on column articles.agencies is 'News agencies that the byline, the dateline or a line of credit names.';
comment on column articles.kind is 'What kind of piece it is: news, opinion, live, press-release, review, obituary, correction.';
comment on column articles.amp_url is 'Where the page has itself for phones (AMP).';
comment on column articles.dates_found is 'Every date the page gives, those believed first in front: [{kind, value, precision, zone, source, text}], kind published or updated.';
comment on column articles.published_source is 'Where that was read: json-ld, opengraph, time, meta, url, text, feed.';
