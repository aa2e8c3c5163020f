"""The structure tree of a tagged PDF: what each mark on a page is, in reading order."""

from collections.abc import Sequence
from dataclasses import dataclass


def text_string(text: str) -> str:
    """Return a text as a PDF string object outside page contents: plain when ASCII, UTF-16 otherwise."""
    if text.isascii() and text.isprintable():
        return "(" + text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") + ")"
    return "<FEFF" + text.encode("utf-16-be").hex().upper() + ">"


@dataclass(frozen=True, slots=True)
class MarkedContent:
    """Content of an element on another page than the element's first one."""

    page: int
    mark: int


@dataclass(frozen=True, slots=True)
class AnnotationReference:
    """An annotation that belongs to an element, by its place in the document's list of annotations."""

    page: int
    annotation: int


class Element:
    """One structure element: a tag, its attributes as PDF text, and its kids in reading order.

    A kid is an element, a mark (an int, on the element's own page), or one of the two references above. Plain slots
    and no dataclass: a statement of two pages has three hundred of them.
    """

    __slots__ = ("attributes", "kids", "page", "parent", "place", "tag")

    def __init__(self, tag: str, parent: "Element | None", place: int, attributes: str = "") -> None:
        self.tag = tag
        self.parent = parent
        self.place = place  # in the document's list of elements
        self.attributes = attributes
        self.page = -1  # of the first mark
        self.kids: list[Element | int | MarkedContent | AnnotationReference] = []


def write_elements(
    elements: Sequence[Element],
    *,
    root_number: int,
    first_number: int,
    page_numbers: Sequence[int],
    annotation_numbers: Sequence[int],
) -> list[str]:
    """Return the bodies of the objects of all elements, in the order of `elements`.

    Args: root_number: object of the tree's root; first_number: object of the first element, the others follow;
        page_numbers, annotation_numbers: objects of the pages and annotations, by place.
    """
    bodies = []
    for element in elements:
        parts = []
        for kid in element.kids:
            if type(kid) is int:
                parts.append(str(kid))
            elif type(kid) is Element:
                parts.append(f"{first_number + kid.place} 0 R")
            elif type(kid) is MarkedContent:
                parts.append(f"<</Type/MCR/Pg {page_numbers[kid.page]} 0 R/MCID {kid.mark}>>")
            elif type(kid) is AnnotationReference:
                parts.append(
                    f"<</Type/OBJR/Pg {page_numbers[kid.page]} 0 R/Obj {annotation_numbers[kid.annotation]} 0 R>>"
                )
        parent = root_number if element.parent is None else first_number + element.parent.place
        page = f"/Pg {page_numbers[element.page]} 0 R" if element.page >= 0 else ""
        if len(parts) == 1:
            kids = f"/K {parts[0]}"
        else:
            kids = f"/K[{' '.join(parts)}]" if parts else ""
        bodies.append(f"<</S/{element.tag}/P {parent} 0 R{page}{element.attributes}{kids}>>")
    return bodies


def write_parent_tree(
    owners_by_page: Sequence[Sequence[Element]], annotation_owners: Sequence[Element], *, first_number: int
) -> str:
    """Return the number tree that leads from a mark or an annotation back to its element.

    Page p has key p; annotation a has key (number of pages + a).
    """
    entries = []
    for key, owners in enumerate(owners_by_page):
        references = " ".join([f"{first_number + owner.place} 0 R" for owner in owners])
        entries.append(f"{key}[{references}]")
    for offset, owner in enumerate(annotation_owners):
        entries.append(f"{len(owners_by_page) + offset} {first_number + owner.place} 0 R")
    return f"<</Nums[{' '.join(entries)}]>>"
