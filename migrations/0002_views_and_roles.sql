-- What analysts look at, and who may do what.

set local search_path = public;
create view mentions as
    select ae.article_id, ae.entity_id, e.name, e.kind,
           m.start, m."end", substring(a.text from m.start + 1 for m."end" - m.start) as text
      from article_entities ae
      join entities e using (entity_id)
      join articles a using (article_id)
     cross join lateral unnest(ae.starts, ae.ends) as m (start, "end");
comment on view mentions is 'One row per mention: who is named where, with the words that stand there.';

create view api.latest_articles as
    select a.article_id, a.first_seen_at, a.published_at, s.domain, a.title, a.authors, a.language, a.word_count, a.url
      from articles a join sources s using (source_id)
     order by a.article_id desc;
comment on view api.latest_articles is 'Articles, newest first; add a limit.';

create view api.entity_articles as
    select e.entity_id, e.name, e.kind, ae.article_id, a.first_seen_at, a.title, s.domain, ae.mentions, ae.salience, ae.in_title
      from article_entities ae
      join entities e using (entity_id)
      join articles a using (article_id)
      join sources s using (source_id);
comment on view api.entity_articles is 'Which articles talk about whom.';

create view api.entities_today as
    select e.entity_id, e.name, e.kind, count(*) as articles, sum(ae.mentions) as mentions, round(avg(ae.salience)::numeric, 3) as salience
      from article_entities ae join entities e using (entity_id)
     where ae.article_id >= wireroom.id_at(now() - interval '1 day')
     group by e.entity_id
     order by articles desc, mentions desc;
comment on view api.entities_today is 'Who and what the last 24 hours talk about, most articles first.';

create view api.quotes_by_speaker as
    select coalesce(e.name, q.speaker) as speaker, e.entity_id, q.text, q.verb, q.kind, a.published_at, s.domain, a.title, q.article_id
      from quotes q
      join articles a using (article_id)
      join sources s using (source_id)
      left join entities e on e.entity_id = q.entity_id;
comment on view api.quotes_by_speaker is 'Quotes with the speaker''s full name, the article and its source.';

create view api.money as
    select a.article_id, a.published_at, s.domain, a.title, m.text, m.value, m.unit as currency
      from amounts m join articles a using (article_id) join sources s using (source_id)
     where m.kind = 'money';
comment on view api.money is 'Sums of money and the articles they stand in.';

create view api.feed_health as
    select feed_id, url, title, last_outcome, last_detail, failures, last_polled_at, last_success_at, last_entry_at,
           next_poll_at, interval_seconds, paused_at is not null as paused,
           case when paused_at is not null then 'paused'
                when last_polled_at is null then 'new'
                when failures >= 3 then 'failing'
                when failures > 0 then 'shaky'
                else 'healthy' end as health
      from feeds;
comment on view api.feed_health is 'How each feed does.';

create view api.queue as
    select case state when 0 then 'waiting' when 1 then 'leased' when 2 then 'done' else 'refused' end as state,
           reason, count(*) as tasks, min(due_at) as oldest
      from tasks group by 1, 2 order by 1, 3 desc;
comment on view api.queue is 'The queue by state and reason.';

-- Roles belong to the whole server, so they may be there already, or not be ours to make.
do $$
declare
    role text;
begin
    foreach role in array array['wireroom_owner', 'wireroom_app', 'wireroom_read'] loop
        if not exists (select from pg_roles where rolname = role) then
            begin
                execute format('create role %I nologin', role);
            exception
                when insufficient_privilege then raise notice 'role % not made: this user may not create roles', role;
                when duplicate_object or unique_violation then null;
            end;
        end if;
    end loop;
    revoke create on schema public from public;
    if exists (select from pg_roles where rolname = 'wireroom_app') then
        grant usage on schema public, api, wireroom to wireroom_app;
        grant select, insert, update on all tables in schema public to wireroom_app;
        grant delete on article_entities, quotes, dates, amounts, feeds, entries, tasks to wireroom_app;
        grant select on all tables in schema api to wireroom_app;
        grant usage on all sequences in schema public, wireroom to wireroom_app;
        grant execute on all functions in schema wireroom to wireroom_app;
    end if;
    if exists (select from pg_roles where rolname = 'wireroom_read') then
        grant usage on schema public, api, wireroom to wireroom_read;
        grant select on all tables in schema api to wireroom_read;
        -- Not feeds, feed_polls and tasks: their addresses can carry a reader's credentials.
        grant select on sources, entries, articles, article_versions, entities, entity_aliases, article_entities,
            mentions, quotes, dates, amounts, pages to wireroom_read;
        begin
            alter role wireroom_read set default_transaction_read_only = on;
            alter role wireroom_read set statement_timeout = '60s';
        exception when insufficient_privilege then
            raise notice 'role wireroom_read was made by someone else; its settings are left alone';
        end;
    end if;
end $$;
