#!/usr/bin/env python3
"""Grows the model of the story from pages whose story is known, and says how well it does on sites it never saw.

    cargo run --release --example story_features
    pip install lightgbm==4.7.0 numpy==2.4.6
    python3 examples/train_story.py            # figures, then config/rules/story.model
    python3 examples/train_story.py --figures  # figures alone

Labels: a block is the story if most of its four-word runs stand in the known text; of pages that are known by segments
alone, only blocks with such a segment teach. What a set counts either way (a summary above the story) weighs little.
Figures are of five folds by site: no page is judged by a model that saw its site. One seed and deterministic settings:
the same data give the same file.
"""
import collections
import json
import re
import struct
import sys
from pathlib import Path
from urllib.parse import urlparse

import lightgbm as lgb
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
TRUTH, SEEN = ROOT / "../shared/data/pages", ROOT / "target/story"
# Pages of the two sets of news count for more: there are fewer, and news is what the model is for.
SETS = {"news-2019": 3.0, "newspapers": 2.5, "web-articles": 1.0, "segments": 1.0}
ROUNDS, FOLDS, THRESHOLD = 160, 5, 0.55
PARAMETERS = dict(
    objective="binary", learning_rate=0.08, num_leaves=24, min_data_in_leaf=40, feature_fraction=0.6,
    bagging_fraction=0.8, bagging_freq=1, lambda_l2=5, verbose=-1, num_threads=2, seed=7, deterministic=True,
)
SPACELESS = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
WORDS = re.compile(rf"[{SPACELESS}]|[^\W{SPACELESS}]+")


def words(text):
    return WORDS.findall(text)


def grams(tokens):
    n = min(4, len(tokens))
    return collections.Counter(tuple(tokens[i:i + n]) for i in range(len(tokens) - n + 1)) if n else collections.Counter()


def labels(truth, blocks):
    """Of each block, whether it is the story (0 or 1) and how much that is worth."""
    y, weight = np.zeros(len(blocks)), np.ones(len(blocks))
    if "text" not in truth:
        for i, block in enumerate(blocks):
            wanted = any(part in block["text"] for part in truth["with"])
            unwanted = any(part in block["text"] for part in truth["without"])
            y[i], weight[i] = wanted, 2.0 * (wanted != unwanted)
        return y, weight
    story = words(truth["text"])
    known = grams(story)
    lines = {" ".join(words(line)) for line in truth["text"].split("\n")}
    joined = " " + " ".join(story) + " "
    tokens = [words(block["text"]) for block in blocks]
    sure = np.zeros(len(blocks), dtype=bool)
    for i, part in enumerate(tokens):
        if len(part) >= 6:
            share = np.mean([tuple(part[j:j + 4]) in known for j in range(len(part) - 3)])
            y[i], sure[i] = share > 0.5, share > 0.5 and len(part) >= 12
            if 0.15 < share < 0.85:
                weight[i] = 0.3
    at = np.where(sure)[0]
    for i, part in enumerate(tokens):
        if len(part) >= 6:
            continue
        if not part:
            weight[i] = 0
            continue
        line = " ".join(part)
        between = ((at >= i - 6) & (at < i)).any() and ((at > i) & (at <= i + 6)).any()
        if line in lines:
            y[i] = between or ((at >= i - 4) & (at <= i + 4)).any()
        elif between and f" {line} " in joined and len(part) >= 2:
            y[i], weight[i] = 1, 0.2
    for summary in truth.get("summary") or []:
        summary = " ".join(words(summary))
        for i, part in enumerate(tokens):
            line = " ".join(part)
            if len(part) >= 4 and line in summary:
                weight[i] = 0
                if blocks[i]["why"] is not None and len(line) > 20:
                    y[i], weight[i] = 0, 0.6
    return y, weight


def load():
    pages, parts = [], []
    for name, importance in SETS.items():
        with open(TRUTH / name / "truth.jsonl") as truths, open(SEEN / f"{name}.jsonl") as seen:
            for truth, page in zip(map(json.loads, truths), map(json.loads, seen)):
                blocks = page["blocks"]
                number = len(pages)
                pages.append((name, truth, page))
                if not blocks:
                    continue
                y, weight = labels(truth, blocks)
                asked = np.array([block["asked"] for block in blocks])
                size = np.array([len(words(block["text"])) for block in blocks])
                total = max(50, (size * y).sum()) if "text" in truth else 400
                weight *= 0.15 + np.minimum(1, np.sqrt(size / total)) + 2 * np.minimum(size, 150) / total
                site = urlparse(truth.get("url") or truth["file"]).netloc
                fold = sum(site.encode()) % FOLDS
                parts.append((np.array([b["features"] for b in blocks], dtype=np.float32), y, weight * asked * importance,
                              asked, np.full(len(blocks), number), np.full(len(blocks), fold)))
    return pages, [np.concatenate(column) for column in zip(*parts)]


def grow(x, y, weight):
    used = weight > 0
    return lgb.train(PARAMETERS, lgb.Dataset(x[used], y[used], weight=weight[used]), num_boost_round=ROUNDS)


def assemble(page, keep):
    if not page["blocks"]:
        return page["clean"]
    parts, seen = [], set()
    for block, kept in zip(page["blocks"], keep):
        if kept and not (len(block["text"].split()) >= 6 and block["text"] in seen):
            seen.add(block["text"])
            parts.append(block["text"])
    return "\n\n".join(parts)


def f1(p, r):
    return 2 * p * r / (p + r) if p + r else 0.0


def overlap(got, want, count=grams):
    a, b = count(got), count(want)
    common = sum((a & b).values())
    return common / max(1, sum(a.values())), common / max(1, sum(b.values()))


def figures(pages, texts):
    for name in SETS:
        own = [(truth, text) for (of, truth, _), text in zip(pages, texts) if of == name]
        if name == "segments":
            found = sum(part in text for truth, text in own for part in truth["with"])
            wanted = sum(len(truth["with"]) for truth, _ in own)
            leaked = sum(part in text for truth, text in own for part in truth["without"])
            print(f"{name}: F1 {f1(found / (found + leaked), found / wanted):.4f}")
            continue
        scores, exact, bags = [], 0, []
        for truth, text in own:
            wholes = [truth["text"]]
            rest = truth["text"]
            for part in truth.get("summary") or []:
                rest = rest.replace(part, "", 1)
            wholes += [rest] if rest != truth["text"] else []
            got = words(text)
            scores.append(max((overlap(got, words(whole)) for whole in wholes), key=lambda s: f1(*s)))
            exact += any(got == words(whole) for whole in wholes)
            bags.append(f1(*overlap([w.lower() for w in got], [w.lower() for w in words(truth["text"])], collections.Counter)))
        p, r = np.mean(scores, axis=0)
        print(f"{name}: F1 of means {f1(p, r):.4f}, mean of F1 {np.mean([f1(*s) for s in scores]):.4f}, "
              f"word bags {np.mean(bags):.4f}, exact {exact / len(own):.3f}")


def floor32(value):
    """The largest 32-bit number not above a threshold: 32-bit features compare alike with both."""
    near = np.float32(value)
    return float(near if float(near) <= value else np.nextafter(near, np.float32(-np.inf)))


def flat(node, out):
    """A tree in the order it is walked: a question, the side of "at most", the other side."""
    if "leaf_value" in node:
        out.append([255, 0, node["leaf_value"]])
        return
    at = len(out)
    out.append([node["split_feature"], 0, floor32(node["threshold"])])
    flat(node["left_child"], out)
    out[at][1] = len(out)
    flat(node["right_child"], out)


def write(model, features, path):
    trees = model.dump_model()["tree_info"]
    votes = float(np.log(THRESHOLD / (1 - THRESHOLD)))
    data = b"wrstory1" + struct.pack("<HfH", features, votes, len(trees))
    for tree in trees:
        nodes = []
        flat(tree["tree_structure"], nodes)
        data += struct.pack("<H", len(nodes))
        for feature, right, value in nodes:
            data += struct.pack("<BHf", feature, right, value)
    path.write_bytes(data)
    print(f"{path}: {len(data)} bytes, {len(trees)} trees")


def main():
    pages, (x, y, weight, asked, number, fold) = load()
    chance = np.zeros(len(y))
    for k in range(FOLDS):
        model = grow(x[fold != k], y[fold != k], weight[fold != k])
        mine = (fold == k) & asked
        chance[mine] = model.predict(x[mine])
    starts = np.searchsorted(number, np.arange(len(pages) + 1))
    texts = [assemble(page, chance[a:b] > THRESHOLD) for (_, _, page), a, b in zip(pages, starts, starts[1:])]
    figures(pages, texts)
    if "--figures" not in sys.argv:
        write(grow(x, y, weight), x.shape[1], ROOT / "config/rules/story.model")


if __name__ == "__main__":
    main()
