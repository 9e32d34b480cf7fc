"""The page that everybody without the teacher's key sees at any address but the join page's."""

SIGN_IN = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A class · MNIST Explorer</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.6 "Source Sans", system-ui, sans-serif; max-width: 30rem; margin: 12vh auto 0; padding: 0 1.25rem;
        color: light-dark(#22242a, #e6e6e3); background: light-dark(#fdfdfb, #15161a); }}
h1 {{ font: 500 2.25rem/1.2 "Source Serif", Georgia, serif; }}
a {{ color: light-dark(#3d5bd9, #93a9ff); text-underline-offset: 0.25em; }}
label {{ display: block; margin-top: 2rem; }}
input, button {{ font: inherit; padding: 0.5rem 0.75rem; border-radius: 4px;
                 border: 1px solid light-dark(#dddbd4, #34363e); }}
input {{ width: 16rem; max-width: 100%; box-sizing: border-box; }}
[role=alert] {{ color: light-dark(#b3261e, #ff9b8f); }}
</style>
</head>
<body>
<h1>A class is on</h1>
<p><a href="{base}/join">Join the class</a> with the code on the screen.</p>
<form method="post" action="{base}/class">
<label for="key">Everything else needs the teacher's key, which was printed at the start.</label>
<p><input id="key" name="key" type="password" autocomplete="off" required maxlength="100"> <button>Open</button></p>
{problem}
</form>
</body>
</html>
"""
