{
  description = "Stable 16-digit identities for the files of a git repository";

  # A channel that has the Rust of Cargo.toml's rust-version.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      perSystem = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      cargo = builtins.fromTOML (builtins.readFile ./Cargo.toml);
    in
    {
      packages = perSystem (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = "idhooks";
          version = cargo.workspace.package.version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          buildType = "dist";
          cargoBuildFlags = [
            "--package"
            "idhooks"
          ];
          # They need real git repositories, and are run before a release.
          doCheck = false;

          nativeBuildInputs = [ pkgs.installShellFiles ];
          postInstall = ''
            install -m 755 packaging/archive/git-idhooks $out/bin/git-idhooks
          ''
          + pkgs.lib.optionalString (pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform) ''
            $out/bin/idhooks --quiet man --output man1
            installManPage man1/*.1
            for shell in bash fish zsh; do
              $out/bin/idhooks completions $shell --program idhooks > completion.$shell
            done
            installShellCompletion --cmd idhooks \
              --bash completion.bash --fish completion.fish --zsh completion.zsh
          '';

          meta = {
            description = cargo.package.description;
            license = with pkgs.lib.licenses; [
              mit
              asl20
            ];
            mainProgram = "idhooks";
          };
        };
      });
    };
}
