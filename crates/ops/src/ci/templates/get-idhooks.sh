if ! command -v idhooks; then
  dir=$(mktemp -d "${RUNNER_TEMP:-/tmp}/get-idhooks.XXXXXX")
  # Files of the checkout must not choose the toolchain.
  cd "$dir"
  @GET@
  cd "$OLDPWD"
  "$dir/bin/idhooks" --version
  export PATH="$dir/bin:$PATH"
  if [ -n "${GITHUB_PATH:-}" ]; then echo "$dir/bin" >> "$GITHUB_PATH"; fi
fi
