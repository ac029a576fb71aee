"""How a drawing looks: the same rules for a picture of its own and for the live graph of a notebook."""

# Boxes have a ground of their own: JupyterLab shows an svg as an image, which cannot know the page's theme, so the
# text must be legible on any. Attributes say again what the style says, for viewers without styles or variables.
#: For one drawing: "#ID" stands for what selects it.
STYLE = """
#ID{--nbm-ink0:#1f2328;--nbm-soft0:#59636e;--nbm-ground0:#ffffff;--nbm-accent0:#0969da;
--nbm-ink:var(--jp-ui-font-color1,var(--vscode-editor-foreground,var(--nbm-ink0)));
--nbm-soft:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,var(--nbm-soft0)));
--nbm-ground:var(--jp-layout-color1,var(--vscode-editor-background,var(--nbm-ground0)));
--nbm-accent:var(--jp-brand-color1,var(--vscode-textLink-foreground,var(--nbm-accent0)));
font-family:var(--jp-ui-font-family,system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif)}
@media (prefers-color-scheme:dark){
#ID{--nbm-ink0:#e6edf3;--nbm-soft0:#9ea7b3;--nbm-ground0:#161b22;--nbm-accent0:#58a6ff}}
#ID text{white-space:pre}
#ID .nbm-id{font-family:var(--jp-code-font-family,
ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace)}
#ID .nbm-edge{stroke:#7d8590;stroke-width:1.5}
#ID .nbm-edge.nbm-applied{stroke:var(--nbm-accent);stroke-width:2}
#ID .nbm-edge.nbm-dependency{stroke-dasharray:2 4;stroke-width:1.8;stroke-linecap:round}
#ID .nbm-leader{stroke:#7d8590;stroke-opacity:.45;stroke-dasharray:1 4}
#ID .nbm-box{fill:var(--nbm-ground);stroke:#7d8590}
#ID .nbm-tint{fill:var(--nbm-accent);fill-opacity:.1;stroke:none}
#ID .nbm-dot{fill:var(--nbm-ground);stroke:var(--nbm-ink)}
#ID .nbm-core{fill:none;stroke:none}
#ID .nbm-node text{fill:var(--nbm-ink);stroke:none}
#ID .nbm-id{font-weight:600}
#ID .nbm-pill{fill:none;stroke:var(--nbm-soft)}
#ID .nbm-pill-label{fill:var(--nbm-soft);fill-opacity:.18;stroke:none}
#ID .nbm-pill-head{stroke:var(--nbm-ink);stroke-width:1.5}
#ID .nbm-applied .nbm-box{stroke:var(--nbm-accent)}
#ID .nbm-applied .nbm-dot{fill:var(--nbm-accent);stroke:var(--nbm-accent)}
#ID .nbm-current .nbm-box{stroke:var(--nbm-accent);stroke-width:3}
#ID .nbm-current .nbm-tint{fill-opacity:.2}
#ID .nbm-current .nbm-dot{fill:var(--nbm-ground);stroke-width:2.5}
#ID .nbm-current .nbm-core{fill:var(--nbm-accent)}
#ID .nbm-pill-current{fill:var(--nbm-accent);stroke:none}
#ID .nbm-pending .nbm-box{stroke-dasharray:4 3}
#ID .nbm-pending .nbm-dot{stroke:#7d8590}
#ID .nbm-pending text{fill:var(--nbm-soft)}
#ID .nbm-node .nbm-word-head{fill:var(--nbm-ink);font-weight:600}
#ID .nbm-node .nbm-word-current{fill:var(--nbm-ground);font-weight:700}
#ID .nbm-pending .nbm-id{font-weight:400}
#ID .nbm-unknown .nbm-dot{fill:#7d8590;stroke:#7d8590}
#ID .nbm-legend text{fill:#6e7781}
#ID .nbm-empty{fill:#6e7781;font-size:13px}
"""

#: What a drawing with folds adds.
FOLD_STYLE = """
#ID .nbm-fold .nbm-box{stroke-dasharray:1 3}
#ID .nbm-fold circle{fill:#7d8590;stroke:none}
#ID .nbm-fold text{fill:var(--nbm-soft);stroke:none}
#ID .nbm-fold.nbm-applied circle{fill:var(--nbm-accent)}
"""
