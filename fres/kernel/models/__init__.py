from fres.kernel.models.documents import Document, DocumentPurge, DocumentSeries, DocumentVoid
from fres.kernel.models.log import TransitionLog
from fres.kernel.models.messages import Message
from fres.kernel.models.parameters import Parameter
from fres.kernel.models.territories import Territory

__all__ = [
    "Document",
    "DocumentPurge",
    "DocumentSeries",
    "DocumentVoid",
    "Message",
    "Parameter",
    "Territory",
    "TransitionLog",
]
