"""Runs one extractor over a file of pages, a JSON object a line, and prints its answers the same way.

peers.py NAME CORPUS SKIP PASSES: pages before SKIP are passed over; after the first pass come PASSES more whose times
alone are printed. peers.py --versions prints what is installed.
"""

import gc
import json
import logging
import resource
import sys
import time
import warnings

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

WARM_UP = """<html lang=en><head><title>Rain | Paper</title><meta name=author content='A. Writer'></head><body><article>
<h1>Rain</h1><p>It rained all day, and the river rose by a metre, so that the bridge was closed at noon, police said.</p>
<p>By evening it was open again, and nobody had been hurt, though many came late, as they do when it rains.</p>
</article></body></html>"""


def trafilatura(**options):
    from trafilatura import bare_extraction

    def run(html, url):
        found = bare_extraction(html, url=url, include_comments=False, with_metadata=True, **options)
        if found is None:
            return {}
        authors = [found.author] if found.author else []
        return {"text": found.text, "title": found.title, "published": found.date, "authors": authors,
                "language": found.language}

    return run


def newspaper4k():
    import newspaper

    def run(html, url):
        article = newspaper.Article(url or "https://example.org/", fetch_images=False)
        article.download(input_html=html)
        article.parse()
        return {"text": article.text, "title": article.title, "authors": list(article.authors),
                "published": str(article.publish_date) if article.publish_date else None,
                "language": article.meta_lang or None}

    return run


def news_please():
    from newsplease import NewsPlease

    def run(html, url):
        article = NewsPlease.from_html(html, url=url, fetch_images=False)
        return {"text": article.maintext, "title": article.title, "authors": list(article.authors or []),
                "published": str(article.date_publish) if article.date_publish else None,
                "language": article.language}

    return run


def readability_lxml():
    import html_text
    from readability import Document

    def run(html, url):
        document = Document(html, url=url)
        return {"text": html_text.extract_text(document.summary()), "title": document.short_title()}

    return run


def resiliparse():
    from resiliparse.extract.html2text import extract_plain_text

    return lambda html, url: {"text": extract_plain_text(html, main_content=True)}


def goose3():
    from goose3 import Goose

    goose = Goose({"enable_image_fetching": False})

    def run(html, url):
        article = goose.extract(url=None, raw_html=html)
        published = article.publish_datetime_utc or article.publish_date
        return {"text": article.cleaned_text, "title": article.title, "authors": list(article.authors or []),
                "published": str(published) if published else None, "language": article.meta_lang or None}

    return run


def justext():
    import justext as library

    stop_words = library.get_stoplist("English")

    def run(html, url):
        paragraphs = library.justext(html.encode(), stop_words, encoding="utf-8")
        return {"text": "\n\n".join(p.text for p in paragraphs if not p.is_boilerplate)}

    return run


def boilerpy3():
    from boilerpy3 import extractors

    extractor = extractors.ArticleExtractor(raise_on_failure=False)
    return lambda html, url: {"text": extractor.get_content(html)}


# Name, package, what makes the extractor.
EXTRACTORS = {
    "trafilatura": ("trafilatura", trafilatura),
    "trafilatura-prec": ("trafilatura", lambda: trafilatura(favor_precision=True)),
    "trafilatura-fast": ("trafilatura", lambda: trafilatura(fast=True)),
    "trafilatura-rec": ("trafilatura", lambda: trafilatura(favor_recall=True)),
    "newspaper4k": ("newspaper4k", newspaper4k),
    "readability-lxml": ("readability-lxml", readability_lxml),
    "resiliparse": ("resiliparse", resiliparse),
    "goose3": ("goose3", goose3),
    "justext": ("justext", justext),
    "boilerpy3": ("boilerpy3", boilerpy3),
    "news-please": ("news-please", news_please),
}


def timed(run, html, url):
    begin = time.thread_time()
    try:
        answer = run(html, url)
        if not (answer.get("text") or "").strip():
            answer = {**answer, "text": None, "error": "empty"}
    except Exception as error:  # whatever a library throws at a page is its answer to it
        answer = {"error": type(error).__name__}
    answer["seconds"] = time.thread_time() - begin
    return answer


def versions():
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name, (package, _) in EXTRACTORS.items():
        try:
            found[name] = version(package)
        except PackageNotFoundError:
            pass
    return found


def main():
    if sys.argv[1:] == ["--versions"]:
        print(json.dumps(versions()))
        return
    name, corpus, skip, passes = sys.argv[1:]
    run = EXTRACTORS[name][1]()
    with open(corpus, encoding="utf-8") as lines:
        pages = [json.loads(line) for at, line in enumerate(lines) if at >= int(skip)]
    loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    timed(run, WARM_UP, None)
    gc.collect()
    out = sys.stdout
    for page in pages:
        answer = timed(run, page["html"], page["url"])
        print(json.dumps({"file": page["file"], **answer}), file=out, flush=True)
    for _ in range(int(passes)):
        times = [timed(run, page["html"], page["url"])["seconds"] for page in pages]
        print(json.dumps({"pass": times}), file=out, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - loaded
    print(json.dumps({"peak_kib": peak}), file=out, flush=True)


main()
