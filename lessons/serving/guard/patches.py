"""What the guard changes in LMDeploy's API server, in the process that serves.

Apply it together with `lmdeploy_cpu.patches.pictures.PICTURES`, whose clear errors the guard's answers carry on.
"""

from lmdeploy_cpu.patches.patching import Patches

from . import pictures
from .limits import Limits
from .middleware import Guard

GUARD = Patches('guard', on_gpu=True)


@GUARD.patch(
    'lmdeploy.serve.openai.api_server:ServerContext',
    "The guard measures a request by the session's length and the vocabulary, which the server's context knows.",
    only_here=True,
)
def remember_contexts(old, contexts: list):
    """`contexts`: an empty list, for this change and the next."""

    def new_context(*arguments, **options):
        contexts.append(old(*arguments, **options))
        return contexts[-1]

    return new_context


@GUARD.patch(
    'lmdeploy.serve.openai.api_server:FastAPI',
    "Requests that would end the engine, stop it for everybody or be misread, and paths that are no clients' business "
    '(/update_weights, /sleep, …), get a 4xx with a reason.',
    only_here=True,
)
def put_the_guard_before_it(old, contexts: list, limits: Limits):

    def new_app(**options):
        from starlette.middleware import Middleware

        # LMDeploy's own middleware is added later and so comes before: without the key nobody reaches the guard.
        return old(middleware=[Middleware(Guard, contexts[-1], limits)], **options)

    return new_app


@GUARD.patch(
    'lmdeploy.serve.processors.multimodal:load_from_url',
    "A client's address of a picture opened any file of the server's disk, or was fetched from anywhere, whatever its "
    'length.',
    only_here=True,
)
def load_guarded(old):
    def load_from_url(url, media_io, allowed_media_domains=None):
        return pictures.load(url, media_io, allowed_media_domains)

    return load_from_url
