-- Lines that a source repeats, and articles cleaned anew.

set local search_path = public;

create table furniture (
    source_id      bigint not null references sources on delete cascade,
    line_key       bigint not null,
    text           text not null check (char_length(text) between 1 and 300),
    verdict        text not null check (verdict in ('seen', 'learnt', 'kept', 'dropped')),
    decided_by     text not null check (decided_by in ('rule', 'person')),
    decided_at     timestamptz not null default now(),
    articles       int not null check (articles >= 0),
    days           int not null check (days >= 0),
    since_article  bigint not null check (since_article >= 0),
    place          text check (place in ('top', 'middle', 'bottom')),
    sentence       boolean not null,
    headline_words int[] not null default '{}' check (cardinality(headline_words) <= 32),
    first_seen_at  timestamptz not null default now(),
    last_seen_at   timestamptz not null default now(),
    primary key (source_id, line_key),
    check ((verdict in ('kept', 'dropped')) = (decided_by = 'person'))
) with (fillfactor = 80);
create index furniture_not_learnt on furniture (last_seen_at) where verdict = 'seen';
comment on table furniture is 'Lines seen in several articles of one source. Those that are furniture are taken out of its next articles, and out of the stored ones by `wireroom reprocess`.';
comment on column furniture.source_id is 'The source.';
comment on column furniture.line_key is '64-bit hash of the line''s letters and digits in lower case.';
comment on column furniture.text is 'The line, cut at 300 characters.';
comment on column furniture.verdict is 'seen (repeated, but no furniture so far), learnt (furniture by the rule); kept or dropped by a person, whom the rule does not overrule.';
comment on column furniture.decided_by is 'The rule, or a person with `wireroom furniture`.';
comment on column furniture.decided_at is 'When the verdict was last changed.';
comment on column furniture.articles is 'Articles of the source it was seen in.';
comment on column furniture.days is 'Days (UTC) on which it was seen.';
comment on column furniture.since_article is 'source_memory.articles when it was first seen: what it is a share of counts from there.';
comment on column furniture.place is 'Where in the text it stands, if always in one place; middle where in several.';
comment on column furniture.sentence is 'Whether it reads as a sentence: more is asked of one before it is furniture.';
comment on column furniture.headline_words is 'Hashes of the words that all headlines above it share; where there are some, it tells one running story.';
comment on column furniture.first_seen_at is 'When it was first seen a second time.';
comment on column furniture.last_seen_at is 'When it was last seen.';

create table source_memory (
    source_id bigint primary key references sources on delete cascade,
    articles  bigint not null default 0 check (articles >= 0),
    recent    bytea not null default '' check (octet_length(recent) <= 1800)
) with (fillfactor = 70);
comment on table source_memory is 'What a source''s latest articles said, as far as it takes to see a line again. Bounded, so that lines seen once cost no row.';
comment on column source_memory.source_id is 'The source.';
comment on column source_memory.articles is 'Its articles looked at so far.';
comment on column source_memory.recent is 'Hashes of the latest headlines and lines that were seen once, four bytes each, the newest last.';

alter table articles add column cleaned_by bigint;
comment on column articles.cleaned_by is 'Fingerprint of the program''s version, its rules and the source''s learnt lines when the row was made; `wireroom reprocess` passes over those of today. Null for rows older than the column.';

alter table article_versions
    add column reason text not null default 'edited' check (reason in ('edited', 'cleaned', 'unclear')),
    add column cleaned_by bigint;
comment on column article_versions.reason is 'Why it was replaced: edited (the publisher''s page changed), cleaned (the same page was cleaned by other rules), unclear (another page and other rules).';
comment on column article_versions.cleaned_by is 'articles.cleaned_by then.';

alter table pages add column made_article boolean;
comment on column pages.made_article is 'Whether the article was written from it and not only recognised; the newest such page holds its present text. Null for pages older than the column.';

create view api.furniture as
    select f.source_id, s.domain, f.line_key, f.text, f.verdict, f.decided_by, f.decided_at, f.articles,
           case when f.articles > 0 and m.articles > f.since_article
                then least(1, round(f.articles::numeric / (m.articles - f.since_article), 3)) end as share,
           f.days, f.place, f.sentence, f.first_seen_at, f.last_seen_at
      from furniture f
      join sources s using (source_id)
      left join source_memory m using (source_id);
comment on view api.furniture is 'Lines that sources repeat, what was decided of them and by whom; share is that of the source''s articles since it was first seen.';

do $$
begin
    if exists (select from pg_roles where rolname = 'wireroom_app') then
        grant select, insert, update, delete on furniture, source_memory to wireroom_app;
        grant select on all tables in schema api to wireroom_app;
    end if;
    if exists (select from pg_roles where rolname = 'wireroom_read') then
        grant select on all tables in schema api to wireroom_read;
        grant select on furniture to wireroom_read;
    end if;
end $$;
