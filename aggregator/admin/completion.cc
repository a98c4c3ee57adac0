#include "aggregator/admin/completion.h"

namespace consilium {

std::string BashCompletion() {
  return R"(_consilium_admin() {
  local word=${COMP_WORDS[COMP_CWORD]} group= i
  case ${COMP_WORDS[COMP_CWORD-1]} in
    --config|--ca|--cert|--key|--run|--model|--out|--state|restore) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      runs|sites|rounds|model|events|backup|restore|completion)
        [ -z "$group" ] && group=${COMP_WORDS[i]} ;;
    esac
  done
  local words="--config --aggregator --ca --cert --key --json --help --version"
  case $group in
    '') words="$words runs sites rounds model events backup restore completion" ;;
    runs) words="$words start list show pause resume cancel remove --run --model --cause" ;;
    sites) words="$words list show" ;;
    rounds) words="$words show" ;;
    model) words="$words export --round --out" ;;
    events) words="$words follow --past" ;;
    backup) words="$words --out" ;;
    restore) words="$words --state" ;;
    completion) words="bash" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _consilium_admin consilium-admin
)";
}

}  // namespace consilium
