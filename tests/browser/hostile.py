"""HTML of mails that want to run, to fetch, to cover, to lead away (reliability.md, A83 to A86).

`AWAY` is asked for by nothing of ours: whoever sees a request for it has seen a leak.
"""

AWAY = "https://leak.example/seen"
RUNS = "top.pwned = 1; window.pwned = 1; document.title = 'pwned'"

CORPUS = {
    "script": f"<script>{RUNS}</script><script src='{AWAY}.js'></script>",
    "handlers": f'<img src=x onerror="{RUNS}"><body onload="{RUNS}"><p onclick="{RUNS}">press',
    "svg": f'<svg onload="{RUNS}"><script>{RUNS}</script><animate onbegin="{RUNS}" '
    f'attributeName=x dur=1s></svg><svg><image href="{AWAY}.svg"/><use href="{AWAY}#x"/></svg>',
    "mathml mutation": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;"
    "&lt;img src=x onerror=pwned=1&gt;'>",
    "noscript mutation": f'<noscript><p title="</noscript><img src=x onerror=\'{RUNS}\'>">',
    "links that run": f'<a href="javascript:{RUNS}">one</a><a href="  jAvAsCrIpT:{RUNS}">two</a>'
    f'<a href="data:text/html,<script>{RUNS}</script>">three</a><a href="vbscript:x">four</a>',
    "remote pictures": f"<img src='{AWAY}.gif'><img srcset='{AWAY}2.gif 2x' src='{AWAY}3.gif'>"
    f"<picture><source srcset='{AWAY}4.gif'><img src='//leak.example/5.gif'></picture>"
    f"<table background='{AWAY}6.gif'><tr><td>cell</table><input type=image src='{AWAY}7.gif'>",
    "styles that fetch": f"<style>@import url('{AWAY}.css');*{{background:url({AWAY}.png)}}"
    f"@font-face{{font-family:x;src:url({AWAY}.woff)}}</style>"
    f"<p style=\"background:url('{AWAY}.png');font-family:x\">words</p>"
    f"<p style='background:\\75\\72\\6c ({AWAY}esc.png)'>escaped</p>"
    f"<p style='--x:url({AWAY}var.png);background:var(--x);list-style:image-set(\"{AWAY}\" 1x)'>",
    "documents within": f"<iframe src='{AWAY}'></iframe><object data='{AWAY}'></object>"
    f"<embed src='{AWAY}'><frameset><frame src='{AWAY}'></frameset>"
    f'<iframe srcdoc="<script>{RUNS}</script>"></iframe>',
    "elsewhere at once": f"<meta http-equiv='refresh' content='0;url={AWAY}'><base href='{AWAY}/'>"
    f"<link rel=stylesheet href='{AWAY}.css'><link rel=prefetch href='{AWAY}'>"
    f"<link rel=dns-prefetch href='//leak.example'><a href='relative' ping='{AWAY}'>x</a>",
    "sound and film": f"<video src='{AWAY}.mp4' poster='{AWAY}.jpg' autoplay></video>"
    f"<audio src='{AWAY}.mp3' autoplay></audio><track src='{AWAY}.vtt'>",
    "covers all": "<div style='position:fixed;inset:0;z-index:99999;background:red;opacity:.01'>"
    f"<a href='{AWAY}' style='display:block;height:100vh'>over all</a></div>"
    "<div style='position : absolute;top:-900px;left:-900px;width:9999px;height:9999px'>x</div>"
    "<p style='margin-top:-5000px;margin-left:-900px;font-size:9999px;transform:scale(90)'>big</p>",
    "labels and forms": f"<form action='{AWAY}' method=post><input name=a autofocus><button>Pay"
    f"</button></form><label for=text>Confirm</label><button form=write formaction='{AWAY}'>Go"
    "</button><input form=write name=text value=forged>",
    "names of ours": "<p id=write name=text class='button primary'>x</p><a id=bill name=news>x</a>"
    "<img name=getElementById><form id=strip><input name=action></form>",
    "never closed": f"<table><tr><td><a href='{AWAY}'><b><i><u>" + "<div>" * 900 + "deep",
    "ends the page": f"</div></li></ol></main></body></html><h1>New page</h1>"
    f"<script>{RUNS}</script><textarea><title><style><!-- <plaintext><xmp><listing>",
    "huge table": "<table width=99999 style='min-width:99999px'><tr>" + "<td>wide" * 400,
    "templates": "{{7*7}} {% raw %} ${7*7} <%= 7*7 %> <template><script>x</script></template>",
}  # fmt: skip
