#!/bin/sh
# Makes govuk-frontend/ and moj-frontend/ from the published packages: the built CSS and JavaScript, the icons that the CSS
# names, and nothing that is reserved for government services (crown, crest, GDS Transport). Needs npm and sed.
set -eu
govuk=6.6.0
moj=11.1.0
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "govuk-frontend@$govuk" "@ministryofjustice/frontend@$moj" >/dev/null
mkdir govuk moj
tar xzf "govuk-frontend-$govuk.tgz" -C govuk
tar xzf "ministryofjustice-frontend-$moj.tgz" -C moj

# No font faces; the system's arial in the place of GDS Transport; no crest; images beside the CSS; no source maps.
clean_css() {
	sed -E -e 's/@font-face\{[^}]*\}//g' \
		-e 's/"?GDS Transport"?,arial,sans-serif/arial,sans-serif/g' \
		-e 's/font-family:"?GDS Transport"?/font-family:arial,sans-serif/g' \
		-e 's#url\("?/assets/images/govuk-crest\.svg"?\)#none#g' \
		-e 's#url\("?/assets/images/([^")]*)"?\)#url(images/\1)#g' \
		-e 's#/\*\# sourceMappingURL=[^*]*\*/##g' "$1"
}
clean_js() { sed -e 's#//\# sourceMappingURL=.*##' "$1"; }

clean_css govuk/package/dist/govuk/govuk-frontend.min.css >"$here/govuk-frontend/govuk-frontend.min.css"
clean_js govuk/package/dist/govuk/govuk-frontend.min.js >"$here/govuk-frontend/govuk-frontend.min.js"
clean_css moj/package/moj/moj-frontend.min.css >"$here/moj-frontend/moj-frontend.min.css"
clean_js moj/package/moj/moj-frontend.min.js >"$here/moj-frontend/moj-frontend.min.js"

rm -rf "$here/moj-frontend/images"
mkdir "$here/moj-frontend/images"
grep -oE 'url\(images/[^)]*\)' "$here/moj-frontend/moj-frontend.min.css" | sed -E 's#url\(images/(.*)\)#\1#' | sort -u |
	while read -r image; do cp "moj/package/moj/assets/images/$image" "$here/moj-frontend/images/"; done
chmod -R u=rwX,go=rX "$here/govuk-frontend" "$here/moj-frontend"
