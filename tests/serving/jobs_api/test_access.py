"""Who is answered: programs on this machine and holders of the token, not the pages of other sites."""

import httpx
import pytest
from helpers.job_servers import form, serving_jobs

from nst_tf_serving.jobs_api.access import Access, is_local

SECRET = "abc123"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8600", "127.0.0.1.evil.example", "192.168.0.7", ""])
def test_other_names_of_this_machine_are_refused(ask, host):
    assert ask.get("/v1/jobs", headers={"Host": host}).status_code == 421
    assert ask.get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8600", "127.0.0.1", "[::1]:1", "LOCALHOST"])
def test_its_own_names_are_answered_to(ask, host):
    assert ask.get("/v1/jobs", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_pages_of_other_sites_are_refused(ask, board, headers):
    assert ask.post("/v1/jobs", **form(), headers=headers).status_code == 403
    assert ask.get("/v1/jobs", headers=headers).status_code == 403
    assert board.all() == []


def test_a_link_from_another_site_opens_the_page_and_its_own_requests_work(ask):
    assert ask.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200
    own = {"Origin": str(ask.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert ask.post("/v1/jobs", **form(), headers=own).status_code == 202


def test_a_token_is_wanted_everywhere_and_becomes_a_cookie(board):
    access = Access(token=SECRET, local=False)
    with serving_jobs(board, access) as address, httpx.Client(base_url=address, trust_env=False) as client:
        client.headers["Host"] = "paint.lan"
        for path in ("/", "/v1/jobs", "/page/page.js", "/openapi.json"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers={"Authorization": "Bearer abc124"}).status_code == 401
        assert client.get("/v1/jobs", headers={"Authorization": f"Bearer {SECRET}"}).status_code == 200
        opened = client.get(f"/?token={SECRET}", follow_redirects=False)
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        assert "HttpOnly" in opened.headers["set-cookie"] and "SameSite=strict" in opened.headers["set-cookie"]
        assert client.get("/v1/jobs").status_code == 200


def test_a_server_for_others_has_a_token():
    with pytest.raises(ValueError, match="needs a token"):
        Access(local=False)
    assert [is_local(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "example.org")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/page/../board.py",
        "/page/%2e%2e/board.py",
        "/page/..%2f..%2f..%2fpyproject.toml",
        "/page//etc/passwd",
        "/page/%00",
        "/v1/jobs/..",
        "/v1/jobs/%2e%2e%2fjobs",
        "/v1/jobs/0123456789abcdef/../../../etc/passwd",
        "/v1/jobs/0123456789abcdef/content",
        "/v1/jobs/0123456789ABCDEF/result",
    ],
)
def test_no_path_leads_to_other_files(ask, path):
    for method in ("GET", "DELETE"):
        assert ask.request(method, path).status_code in (404, 405)


def test_every_response_has_a_strict_policy(ask):
    for path in ("/", "/v1/jobs", "/nothing"):
        headers = ask.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
