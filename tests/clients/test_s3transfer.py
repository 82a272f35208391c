"""s3transfer: uploads and downloads in many parts on our threads, botocore's own client, and S3 played by a dictionary."""
from __future__ import absolute_import, division, print_function

import io
import re

import botocore.awsrequest
import botocore.session
import pytest
from s3transfer.manager import TransferConfig, TransferManager
from six.moves.urllib.parse import parse_qs, urlsplit

from tests.clients.libraries import Native, Ours

BODY = bytes(bytearray(range(256))) * 80000         # 20 MB: three parts of 8 MB, the last one shorter


class Raw(io.BytesIO):
    def stream(self, *args, **kwargs):
        yield self.read()


class Store(object):
    """Answers what the client would send."""

    def __init__(self):
        self.objects, self.parts, self.calls = {}, {}, []

    def answer(self, request, **kwargs):
        url = urlsplit(request.url)
        query = parse_qs(url.query, keep_blank_values=True)
        key = url.path.rpartition('/')[2]
        self.calls.append(request.method)
        status, headers, body = getattr(self, request.method.lower())(key, query, request)
        headers.setdefault('Content-Length', str(len(body)))
        return botocore.awsrequest.AWSResponse(request.url, status, headers, Raw(body))

    def post(self, key, query, request):
        if 'uploads' in query:
            return 200, {}, b'<R><UploadId>1</UploadId></R>'
        parts = [self.parts[number] for number in sorted(self.parts)]
        self.objects[key] = b''.join(parts)
        return 200, {}, b'<R><Key>%s</Key></R>' % key.encode('ascii')

    def put(self, key, query, request):
        body = request.body if isinstance(request.body, bytes) else request.body.read()
        if 'partNumber' in query:
            self.parts[int(query['partNumber'][0])] = body
        else:
            self.objects[key] = body
        return 200, {'ETag': '"0"'}, b''

    def head(self, key, query, request):
        if key not in self.objects:
            return 404, {}, b''
        return 200, {'Content-Length': str(len(self.objects[key])), 'ETag': '"0"'}, b''

    def get(self, key, query, request):
        if key not in self.objects:
            return 404, {}, b'<Error><Code>NoSuchKey</Code></Error>'
        asked = request.headers.get('Range')
        asked = asked.decode('ascii') if isinstance(asked, bytes) else asked
        if asked is None:
            return 200, {'ETag': '"0"'}, self.objects[key]
        first, last = re.match(r'bytes=(\d+)-(\d*)$', asked).groups()
        body = self.objects[key][int(first):int(last) + 1 if last else None]
        return 206, {'ETag': '"0"', 'Content-Range': 'bytes %s-%d/%d' % (
            first, int(first) + len(body) - 1, len(self.objects[key]))}, body


def client(monkeypatch, store):
    monkeypatch.setenv('AWS_REQUEST_CHECKSUM_CALCULATION', 'when_required')
    monkeypatch.setenv('AWS_RESPONSE_CHECKSUM_VALIDATION', 'when_required')
    made = botocore.session.Session().create_client(
        's3', region_name='us-east-1', endpoint_url='http://localhost', aws_access_key_id='a', aws_secret_access_key='b')
    made.meta.events.register('before-send.s3', store.answer)
    return made


def transferred(monkeypatch, executor_type):
    """Upload one object in parts and one at once, download both and one that is not there."""
    store = Store()
    config = TransferConfig(max_request_concurrency=4, max_submission_concurrency=2)
    with TransferManager(client(monkeypatch, store), config, executor_cls=executor_type) as manager:
        uploads = [manager.upload(io.BytesIO(body), 'bucket', key) for key, body in (('big', BODY), ('small', b'x'))]
        for future in uploads:
            future.result()
        big, small = io.BytesIO(), io.BytesIO()
        for future in [manager.download('bucket', 'big', big), manager.download('bucket', 'small', small)]:
            future.result()
        with pytest.raises(Exception) as error:
            manager.download('bucket', 'missing', io.BytesIO()).result()
    assert (big.getvalue(), small.getvalue()) == (BODY, b'x')
    assert store.objects == {'big': BODY, 'small': b'x'}
    return sorted(store.calls), str(error.value)


def test_transfers(monkeypatch):
    ours = transferred(monkeypatch, Ours.ThreadPoolExecutor)
    assert ours == transferred(monkeypatch, Native.ThreadPoolExecutor)
    assert ours[0].count('PUT') == 3 + 1 and ('404' in ours[1] or 'NoSuchKey' in ours[1])
