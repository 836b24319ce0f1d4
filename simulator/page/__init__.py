"""A page and a panel that answer their reader: one front end over draws that are kept.

figures     figures as SVG whose marks have names, for a script to move
sheet       what the front end knows: names, figures, and draws packed into bytes
controls    what answers the reader: sliders, events, questions, as data for a template
content     what a page says besides, as data for its template
page        a page for a browser, and for paper
*.html, front.css, front.mjs    templates, style, and the script that counts draws anew
"""

from simulator.page.page import html_report, pdf_report

__all__ = ["html_report", "pdf_report"]
