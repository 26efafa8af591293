"""Slack's rules for blocks, checked as the Web API checks them: a list of faults, or none.

Limits and required keys are those of Slack's Block Kit reference.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

MAX_BLOCKS: Final = 50
MAX_BLOCKS_JSON: Final = 13_000
"""Slack documents no figure for the blocks of a message together; 13,172 characters were refused
and 12,999 taken when others measured it."""
MAX_URL: Final = 3000

Faults = list[str]


def block_faults(blocks: object) -> Faults:
    """Return what is wrong with ``blocks``, each fault with a pointer to its place."""
    if not isinstance(blocks, list):
        return ["must be an array [json-pointer:/blocks]"]
    faults: Faults = []
    if len(blocks) > MAX_BLOCKS:
        faults.append(f"no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]")
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        where = f"/blocks/{index}"
        if not isinstance(block, Mapping):
            faults.append(f"must be an object [json-pointer:{where}]")
            continue
        check = _CHECKS.get(str(block.get("type")))
        if check is None:
            faults.append(f"unsupported type: {block.get('type')} [json-pointer:{where}/type]")
            continue
        faults += _block_id(block, where, seen) + check(block, where)
    return faults


def _block_id(block: Mapping[str, Any], where: str, seen: set[str]) -> Faults:
    given = block.get("block_id")
    if given is None:
        return []
    if not isinstance(given, str) or not 1 <= len(given) <= 255:  # noqa: PLR2004 - the reference
        return [f"must be 1 to 255 characters [json-pointer:{where}/block_id]"]
    if given in seen:
        return [f"block_id {given!r} is used twice [json-pointer:{where}/block_id]"]
    seen.add(given)
    return []


def _keys(
    block: Mapping[str, Any], where: str, known: set[str], *, block_id: bool = True
) -> Faults:
    known = known | {"type"} | ({"block_id"} if block_id else set())
    return [
        f"invalid additional property: {key} [json-pointer:{where}]"
        for key in block
        if key not in known
    ]


def _text(value: object, where: str, kinds: set[str], longest: int) -> Faults:
    if not isinstance(value, Mapping):
        return [f"must be a text object [json-pointer:{where}]"]
    kind, text = value.get("type"), value.get("text")
    extra = {"plain_text": "emoji", "mrkdwn": "verbatim"}.get(str(kind), "")
    faults = _keys(value, where, {"text", extra}, block_id=False)
    if kind not in kinds:
        faults.append(f"must be of type {' or '.join(sorted(kinds))} [json-pointer:{where}/type]")
    if not isinstance(text, str) or not text:
        faults.append(f"must be more than 0 characters [json-pointer:{where}/text]")
    elif _units(text) > longest:
        faults.append(f"must be less than {longest + 1} characters [json-pointer:{where}/text]")
    return faults


def _items(value: object, where: str, most: int) -> tuple[list[Any], Faults]:
    if not isinstance(value, list) or not value:
        return [], [f"must have at least one item [json-pointer:{where}]"]
    if len(value) > most:
        return value, [f"no more than {most} items allowed [json-pointer:{where}]"]
    return value, []


def _header(block: Mapping[str, Any], where: str) -> Faults:
    faults = _keys(block, where, {"text", "level"})
    return faults + _text(block.get("text"), f"{where}/text", {"plain_text"}, 150)


def _section(block: Mapping[str, Any], where: str) -> Faults:
    faults = _keys(block, where, {"text", "fields", "accessory", "expand"})
    both = {"plain_text", "mrkdwn"}
    if "text" not in block and "fields" not in block:
        faults.append(f"must have text or fields [json-pointer:{where}]")
    if "text" in block:
        faults += _text(block["text"], f"{where}/text", both, 3000)
    if "fields" in block:
        items, found = _items(block["fields"], f"{where}/fields", 10)
        faults += found
        for index, item in enumerate(items):
            faults += _text(item, f"{where}/fields/{index}", both, 2000)
    if "accessory" in block:
        faults += _accessory(block["accessory"], f"{where}/accessory")
    return faults


def _context(block: Mapping[str, Any], where: str) -> Faults:
    faults = _keys(block, where, {"elements"})
    items, found = _items(block.get("elements"), f"{where}/elements", 10)
    faults += found
    for index, item in enumerate(items):
        place = f"{where}/elements/{index}"
        if isinstance(item, Mapping) and item.get("type") == "image":
            faults += _image(item, place)
        else:
            faults += _text(item, place, {"plain_text", "mrkdwn"}, 3000)
    return faults


def _image(block: Mapping[str, Any], where: str) -> Faults:
    faults = _keys(block, where, {"image_url", "alt_text", "title", "slack_file"})
    faults += _address(block.get("image_url"), f"{where}/image_url")
    return faults + _short(block.get("alt_text"), f"{where}/alt_text", 2000)


def _actions(block: Mapping[str, Any], where: str) -> Faults:
    faults = _keys(block, where, {"elements"})
    items, found = _items(block.get("elements"), f"{where}/elements", 25)
    faults += found
    seen: set[object] = set()
    for index, item in enumerate(items):
        place = f"{where}/elements/{index}"
        if not isinstance(item, Mapping) or item.get("type") != "button":
            faults.append(f"unsupported element [json-pointer:{place}]")
            continue
        faults += _button(item, place)
        action = item.get("action_id")
        if action is not None and action in seen:
            faults.append(f"action_id {action!r} is used twice [json-pointer:{place}/action_id]")
        seen.add(action)
    return faults


def _button(button: Mapping[str, Any], where: str) -> Faults:
    known = {"text", "action_id", "url", "value", "style", "accessibility_label"}
    faults = _keys(button, where, known, block_id=False)
    faults += _text(button.get("text"), f"{where}/text", {"plain_text"}, 75)
    for name, longest in (("action_id", 255), ("value", 2000), ("accessibility_label", 75)):
        if name in button:
            faults += _short(button[name], f"{where}/{name}", longest)
    if "url" in button:
        faults += _address(button["url"], f"{where}/url")
    if button.get("style", "primary") not in {"primary", "danger"}:
        faults.append(f"must be primary or danger [json-pointer:{where}/style]")
    return faults


def _accessory(value: object, where: str) -> Faults:
    """What stands beside a section's text; of Slack's elements those that this server knows."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and kind in {"button", "image"}:
        return _button(value, where) if kind == "button" else _image(value, where)
    return [f"unsupported element [json-pointer:{where}]"]


def _short(value: object, where: str, longest: int) -> Faults:
    if isinstance(value, str) and 1 <= _units(value) <= longest:
        return []
    return [f"must be 1 to {longest} characters [json-pointer:{where}]"]


def _address(value: object, where: str) -> Faults:
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        return [f"must be a web address [json-pointer:{where}]"]
    if _units(value) > MAX_URL:
        return [f"must be less than {MAX_URL + 1} characters [json-pointer:{where}]"]
    return []


def _divider(block: Mapping[str, Any], where: str) -> Faults:
    return _keys(block, where, set())


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


_CHECKS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Faults]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "image": _image,
    "actions": _actions,
    "divider": _divider,
}
