"""Fingerprints: near for copies, far for other texts."""

from pipeline.cluster.fingerprint import bands, distance, document_simhash, simhash

TEXT = (
    "Kazakhstan and the European Union signed a roadmap on critical raw materials in Astana on "
    "Tuesday. It names nine projects in the east of the country, from tungsten to graphite, and a "
    "working group that is to meet twice a year in Brussels and in Astana."
)
OTHER = (
    "Deputies in Bishkek voted to lift the ban on uranium mining after a debate of six hours. The "
    "prime minister said that the state wants titanium and other metals, not uranium."
)


def test_no_words_have_no_fingerprint():
    assert simhash("") == simhash(" … !") == 0


def test_it_is_64_bits_wide():
    assert 0 < simhash(TEXT) < 1 << 64


def test_it_is_the_same_on_every_run():
    # Python's own hash of strings differs from run to run and would not do for a stored index.
    assert simhash("the fund is open") == 0xBEF2_1715_686B_7A1E


def test_case_marks_and_spaces_do_not_count():
    assert simhash(TEXT) == simhash(f"<p>{TEXT.upper()}</p>\n\n".replace(".", " !"))


def test_a_reprint_with_a_word_changed_is_near_and_another_text_far():
    reprint = TEXT.replace("Tuesday", "March 4").replace("twice a year", "two times a year")
    assert distance(simhash(TEXT), simhash(reprint)) <= 14
    assert distance(simhash(TEXT), simhash(OTHER)) >= 20


def test_an_aggregators_copy_has_the_same_fingerprint():
    title = "EU and Kazakhstan sign roadmap on raw materials"
    plain = document_simhash(title, TEXT)
    assert document_simhash(f"{title} - Mining Weekly", TEXT) == plain
    assert document_simhash(title, "") == document_simhash(
        f"{title} - Mining Weekly", f"{title}  Mining Weekly"
    )


def test_fingerprints_three_bits_apart_share_a_band():
    value = simhash(TEXT)
    near = value ^ (1 << 3) ^ (1 << 20) ^ (1 << 40)
    assert distance(value, near) == 3
    assert len(bands(value)) == 4
    assert set(bands(value)) & set(bands(near))


def test_bands_of_one_value_in_other_places_are_other_keys():
    assert len(set(bands(0x1111_1111_1111_1111))) == 4
