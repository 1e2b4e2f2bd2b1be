# Completion of rolecall in bash.
_rolecall() {
  local commands='migrate run status preflight sync-roles enable-rbac explain retry reconcile adopt'
  local settings='--database-url --database-url-file --workos-api-key --workos-api-key-file --workos-api-base-url
    --ca-file --listen --workos-webhook-secret --workos-webhook-secret-file --webhook-tolerance-s --concurrency
    --lease-ms --call-deadline-ms --poll-ms --poll-only --accept-environment --database-connections --log --log-level'
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} word command= own
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ " $commands " != *" $word "* ]] || { command=$word; break; }
  done
  COMPREPLY=()
  case $before in
    --ca-file | --*-file) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --log) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$current"); return ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W 'debug info warning error' -- "$current"); return ;;
    --policy) mapfile -t COMPREPLY < <(compgen -W 'local workos newer' -- "$current"); return ;;
    --poll-only | --accept-environment | --json | --apply | --again | --watch | --dead | --dry-run) ;;
    --*) return ;;
  esac
  case $command in
    '') own="$commands --version" ;;
    migrate) own='--dry-run' ;;
    status) own='--json --watch' ;;
    preflight) own='--json' ;;
    retry) own='--dead --organization --class' ;;
    reconcile) own='--organization --apply --json' ;;
    adopt) own='--policy --organization --apply --again --json' ;;
    *) own= ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$own --help $settings" -- "$current")
}
complete -F _rolecall rolecall
